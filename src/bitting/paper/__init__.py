"""A small exchange to try things on, with real matching and play money, behind the gate like any other."""
