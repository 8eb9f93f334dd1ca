# One word for each thing one does here. It needs Python 3.11, make and gcc, and no thought about environments:
# they are made from locks/ on the first run and left alone after that.

help:  ## say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv .venv-clients  ## start the demonstration exchange behind the gate
	.venv/bin/bitting demo

tour: .venv .venv-clients  ## watch an unmodified client trade, be refused, and lose its key
	.venv/bin/bitting tour

check: .venv  ## format, lint, types, import contracts, generated documents
	scripts/check

test: .venv .venv-clients  ## all tests, and their branch coverage
	scripts/test

test-system: .venv .venv-clients  ## tests against real programs of the system, and a fuzzer (Debian, root)
	scripts/system-packages
	.venv/bin/pytest -rs tests/system

soak: .venv  ## a thousand deaths, 300 power cuts, half an hour of load (an hour; root)
	scripts/soak

bench: .venv  ## measure verdicts, decisions and the proxy beside their peers (five minutes)
	scripts/bench-packages
	.venv/bin/python bench/run.py

bench-full: .venv  ## the same with every peer, waiting times, and what must be durable
	scripts/bench-packages
	.venv/bin/python bench/run.py --full --rounds 5

lock: .venv  ## write locks/*.txt anew from locks/*.in
	scripts/lock

clean:  ## remove environments, caches and reports
	rm -rf .venv .venv-clients .coverage .coverage.* .fuzz .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
	find bench client clients scripts src tests -name __pycache__ -prune -exec rm -rf {} +

.venv:
	@scripts/environment .venv dev

.venv-clients:
	@scripts/environment .venv-clients clients

.PHONY: help run tour check test test-system soak bench bench-full lock clean .venv .venv-clients
