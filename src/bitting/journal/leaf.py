"""One leaf of the journal: a `Change` with its place, as the bytes that are hashed.

    [schema, index, at_ns, request_id, actor, strength, deed, kind, id, account, version,
     before, digest, facts, result, sealed]

in deterministic CBOR (RFC 8949 section 4.2.1), `Change.to_plain` with the index put in behind the schema.
The bytes are the record; the row's columns and the readable view are made from them and never trusted.
A new layout is a new schema number, and the old ones stay readable for as long as a journal holds them: schema 1 ended
with `facts`. It reads as it always did, so that what was exported then can still be verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import cbor2

from bitting.domain import canonical
from bitting.domain.change import DONE, FIELDS, REFUSED, SCHEMA, Change
from bitting.domain.errors import MalformedStored
from bitting.journal import merkle

_SHAPE = (int, int, int, str, str, str, str, str, str, str, int, bytes, bytes, dict, str, bytes)
_DEPTH = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A change and its index; `raw` is their one encoding."""

    index: int
    change: Change
    raw: bytes

    @classmethod
    def of(cls, index: int, change: Change, schema: int = SCHEMA) -> Leaf:
        """The change at its place."""
        _, *rest = change.to_plain(schema)
        return cls(index, change, canonical.encode([schema, index, *rest]))

    @classmethod
    def from_bytes(cls, raw: bytes) -> Leaf:
        """The leaf whose encoding is exactly `raw`. Raises MalformedStored for any other bytes."""
        try:
            plain = cbor2.loads(
                raw,
                object_hook=_only_text_keys,
                semantic_decoders=_NoTags(),
                max_depth=_DEPTH,
                allow_indefinite=False,
                allow_duplicate_keys=False,
            )
        except cbor2.CBORDecodeError:
            raise MalformedStored("not the CBOR of a leaf") from None
        if type(plain) is not list or not plain or type(plain[0]) is not int:
            raise MalformedStored("not a list with its schema first")
        schema = plain[0]
        if schema not in FIELDS:
            raise MalformedStored(f"schema {schema} is not known here, only {' and '.join(map(str, FIELDS))}")
        # By exact type: True is an int to Python and would come back as the same byte.
        if tuple(map(type, plain)) != _SHAPE[: FIELDS[schema] + 2]:
            raise MalformedStored(f"not the fields of schema {schema}")
        _, index, *rest = plain
        change = Change(*rest)
        if index < 0 or not {len(change.before), len(change.digest)} <= {0, 32}:
            raise MalformedStored("not an index, or not a digest of 32 bytes")
        if change.result not in (DONE, REFUSED):
            raise MalformedStored("a result that is neither done nor refused")
        try:
            leaf = cls.of(index, change, schema)
        except TypeError:
            raise MalformedStored("facts without a canonical form") from None
        # One spelling: a second encoding of the same leaf would be a second hash of it.
        if leaf.raw != raw:
            raise MalformedStored("not in canonical form")
        return leaf

    @property
    def schema(self) -> int:
        """Its number: the first item of the list, which is one byte as long as there are fewer than 24."""
        return self.raw[1]

    @property
    def hash(self) -> bytes:
        """The 32 bytes that stand for it in the tree."""
        return merkle.leaf_hash(self.raw)

    def view(self) -> dict[str, object]:
        """For people, ready for JSON: fields by name, bytes as hex, and the time as a date beside `at_ns`."""
        seconds, nanos = divmod(self.change.at_ns, 10**9)
        at = f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}.{nanos:09}Z"
        said = fields(Change)[: FIELDS[self.schema]]
        values = {field.name: _readable(getattr(self.change, field.name)) for field in said}
        return {"index": self.index, "at": at, **values}


class _NoTags(dict[int, Any]):
    """Refuses every tag: cbor2 would make dates, patterns and lists that hold themselves of them."""

    def __missing__(self, tag: int) -> NoReturn:
        raise ValueError("a leaf has no tags")


def _only_text_keys(value: Mapping[Any, Any], immutable: bool) -> Mapping[Any, Any]:
    if any(type(key) is not str for key in value):
        raise ValueError("a leaf's maps have text for keys")
    return value


def _readable(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {key: _readable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_readable(item) for item in value]
    return value
