"""Values and rules, and nothing else: the standard library only, no clock, no socket, no environment."""
