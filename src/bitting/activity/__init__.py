"""What keys did, written in groups off the path of the requests."""
