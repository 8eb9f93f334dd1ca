"""The demonstration exchange's own face: a plain REST API, as a new exchange might write one."""

from bitting.paper.own.face import answer

__all__ = ["answer"]
