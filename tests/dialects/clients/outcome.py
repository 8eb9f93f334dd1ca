"""What a call to an exchange's client ends in."""

from collections.abc import Callable
from typing import Any


def outcome(call: Callable[[], Any]) -> list[str]:
    """The text of the call's error, its class and the ancestors of that; empty when there is none."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - which one it is, is the question
        return [str(error), *(each.__name__ for each in type(error).__mro__)]
    return []
