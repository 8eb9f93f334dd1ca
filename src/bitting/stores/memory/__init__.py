"""A store's engine in memory: dicts of rows, and a list of how to take back what a transaction wrote.

It is gone with the process, so it is for tests, demonstrations and trials. Rows are the same as in every other
engine, and just as open to be edited by whoever holds them.
"""
