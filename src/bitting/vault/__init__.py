"""How secrets rest: the hierarchy of keys, the boxes, the MAC of a row, and the port a KMS has to fit.

The byte layouts and what they protect against are on one page, `docs/vault.md`.
"""
