"""The decision about one request: a pure pipeline over a snapshot, and the shell that waits for it."""
