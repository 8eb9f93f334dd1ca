"""What can happen to keys, accounts and the house: one function an intent, one transaction a function."""
