"""What a person may ask for, by name, from plain values to a use case and back."""
