"""How things are written in the API, noun by noun. Unknown fields are refused, and no value is read as another type."""
