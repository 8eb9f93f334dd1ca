"""A store's engine in one SQLite file; the choices are argued in docs/decisions/0003-sqlite.md."""

from bitting.stores.sqlite.backup import restore
from bitting.stores.sqlite.engine import SqliteEngine

__all__ = ["SqliteEngine", "restore"]
