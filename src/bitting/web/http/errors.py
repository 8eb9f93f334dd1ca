"""What can go wrong on the wire, on either side of the gate.

Rejected (a MalformedRequest)     the client's bytes are not a request we serve; the connection ends with it
UpstreamDown (an Unavailable)     nothing was sent: the upstream cannot have acted
OutcomeUnknown (an Unavailable)   bytes left and no whole reply came: the upstream may have acted

The last two are apart because an order may hang on the difference: the one may be sent again, the
other must first be looked up.
"""

from __future__ import annotations

from bitting.domain.errors import MalformedRequest, Unavailable


class Rejected(MalformedRequest):
    """Bytes that are answered with `status` and one line of text, and nothing behind them is read."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class UpstreamDown(Unavailable):
    """The upstream could not be reached; no byte of the request left."""


class OutcomeUnknown(Unavailable):
    """The request left, in whole or in part, and no whole, well-formed reply came back."""
