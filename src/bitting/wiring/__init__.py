"""Settings in, running services out: the one floor that knows everyone, and the only one that makes clocks
and randomness.

clock.py    the machine's clocks, and a watch over them
house.py    a data folder opened: keys, store, journal, desk, and the tasks that keep them going
gates.py    a house at work, and a gate for each mount: what a server and an application have in common
inside.py   a gate inside an application: a plain call
service.py  a house with its faces: the gate on its port, the desk on its Unix socket
journal.py  the journal's signer in a running house
files.py    files that people take away
process.py  what the process asks of the system
reach.py    how a command finds the desk: through a running server, or by opening the folder itself
"""
