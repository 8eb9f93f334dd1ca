"""How each exchange writes a signed request. The files of one dialect know nothing of another's."""
