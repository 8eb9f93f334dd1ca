"""The tamper-evident record of every change: a Merkle tree under signed checkpoints.

Nothing here reads a clock or touches a disk: each function works over the small ports of `ports.py`,
inside the unit of work of whatever store stands behind them.
"""
