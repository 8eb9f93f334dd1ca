"""Bitting issues, verifies, watches and revokes the API keys of a crypto exchange.

From the ground up: `domain` values and rules; `dialects` how exchanges write signed requests; `vault` the envelope;
`gate` the decision about one request; `lifecycle` the changes of keys and accounts; `journal` what changed, provably;
`activity` what keys did; `desk` what a person may ask for; `stores`, `kms`, `web` the adapters; `wiring` introduces
them to one another; `cli`, `tour`, `doctor`, `paper` stand on top. Imports point down only.
"""
