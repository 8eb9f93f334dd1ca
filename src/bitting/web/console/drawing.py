"""Templates and static files. Whatever a page shows is escaped, and a name that a template asks for has to be there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any, Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from bitting.web.console.words import WORDS

_MEDIA: Final = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Static(NamedTuple):
    """One file, as it is served."""

    media: str
    content: bytes


def _load() -> tuple[dict[str, Static], dict[str, str]]:
    """The files by the name they are served under, which changes with what is in them; and that name by their own."""
    served, places = {}, {}
    for each in files("bitting.web.console").joinpath("static").iterdir():
        content = each.read_bytes()
        name = f"{hashlib.sha256(content).hexdigest()[:16]}-{each.name}"
        served[name] = Static(_MEDIA[each.name.rpartition(".")[2]], content)
        places[each.name] = f"/static/{name}"
    return served, places


STATIC, _PLACES = _load()
_TEMPLATES: Final = Environment(
    loader=PackageLoader("bitting.web.console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["static"] = _PLACES.__getitem__


def draw(template: str, language: str, values: Mapping[str, Any]) -> str:
    """The page, in a language."""
    words = WORDS[language]

    def said(name: str, /, **given: Any) -> str:
        return words[name].format(**given)

    ways = {"t": said, "when": lambda text: when(text, language), "lang": language}
    return _TEMPLATES.get_template(template).render(**ways, **values)


def when(text: str, language: str) -> str:
    """A moment (RFC 3339, UTC) as it is read in a language, to the minute; every page says that it is UTC."""
    at = datetime.fromisoformat(text)
    if language == "ko":
        return f"{at.year}년 {at.month}월 {at.day}일 {at:%H:%M}"
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M}"


def at_ms(text: str) -> int:
    """RFC 3339, as milliseconds since 1970."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)
