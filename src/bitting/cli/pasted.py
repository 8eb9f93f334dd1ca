"""Requests as people have them at hand: a raw HTTP request, a curl command, or a HAR file of a browser or a proxy.

Rule: bytes are kept as they are where they can be, since a signature is over bytes; what cannot be read is refused
with words that repeat nothing of what was pasted, for there may be a secret in it.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from bitting.domain.errors import MalformedValue

MOST: Final = 64 * 1024 * 1024
_REQUEST_LINE: Final = re.compile(rb"[A-Z]{1,16} \S+(?: HTTP/[0-9.]+)?\r?\n?\Z")
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
# What a shell reads otherwise than shlex does: a line that goes on, and `$'…'`. Quoted text stands first, to stay.
_SHELL: Final = re.compile(
    r"""(?P<go_on>\\\r?\n)|\$'(?P<ansi>(?:[^'\\]|\\.)*)'|'[^']*'|"(?:[^"\\]|\\.)*"|\\.""", re.DOTALL
)
_FORM: Final = "application/x-www-form-urlencoded"


class Pasted(NamedTuple):
    """One request. `base` is what stood before the path in its URL; `at` is when it was captured, "" if unknown."""

    method: str
    base: str
    target: str
    headers: tuple[str, ...]
    body: bytes
    at: str = ""

    def form(self) -> dict[str, Any]:
        """As the desk wants it."""
        return {
            "method": self.method,
            "base": self.base,
            "target": self.target,
            "headers": list(self.headers),
            "body": base64.b64encode(self.body).decode(),
        }


def read(octets: bytes, entry: str | None = None) -> Pasted:
    """The request; of several in a HAR file, the one whose number, or a piece of whose URL, is `entry`.
    Raises MalformedValue."""
    if len(octets) > MOST:
        raise MalformedValue(f"more than {MOST >> 20} MB were pasted: cut out the one request")
    start = octets.lstrip()
    if start.startswith(b"{"):
        return _chosen(_har(start), entry)
    if entry is not None:
        raise MalformedValue("--entry chooses from a HAR file, and this is none")
    if start.startswith((b"curl ", b"curl\t")):
        return _curl(_text(start))
    if _REQUEST_LINE.match(start[: start.find(b"\n") + 1] or start):
        return _raw(start)
    raise MalformedValue(
        "this is no request: paste a raw HTTP request (POST /path HTTP/1.1 and so on), a curl command, or a HAR file"
    )


def _raw(octets: bytes) -> Pasted:
    """A request line, headers, a blank line and the body, as a proxy or a debugger shows them."""
    end = _HEAD_END.search(octets)
    head, body = (octets, b"") if end is None else (octets[: end.start()], octets[end.end() :])
    first, *lines = head.decode("latin-1").splitlines()
    method, target, *_ = first.split(" ")
    headers = tuple(line for line in lines if ":" in line)
    if len(headers) != len([line for line in lines if line]):
        raise MalformedValue("a header line has no colon: each is NAME: VALUE, with no line broken in two")
    length = _header(headers, "content-length")
    if length is not None and length.isdigit() and int(length) < len(body):
        body = body[: int(length)]
    elif length is None:
        body = body.removesuffix(b"\n").removesuffix(b"\r")  # the line end that an editor puts behind a file
    base, target = _split(target)
    return Pasted(method, base, target, headers, body)


def _split(url: str) -> tuple[str, str]:
    """What stands before the path, and the target. Raises MalformedValue."""
    if url.startswith("/"):
        return "", url
    try:
        parts = urlsplit(url)
    except ValueError:
        raise MalformedValue("the URL cannot be read") from None
    if not parts.netloc:
        raise MalformedValue("the URL is neither whole (https://host/path) nor a path that begins with a slash")
    base = f"{parts.scheme}://{parts.netloc}"
    target = url[len(base) :].partition("#")[0]
    return base, target if target.startswith("/") else f"/{target}"


# ---- curl

_WITH_VALUE: Final = {
    "-X": "method",
    "--request": "method",
    "-H": "header",
    "--header": "header",
    "-d": "data",
    "--data": "data",
    "--data-ascii": "data",
    "--data-binary": "data",
    "--data-raw": "raw",
    "--json": "json",
    "--url": "url",
    "-A": "agent",
    "--user-agent": "agent",
    "-b": "ignored",
    "--cookie": "ignored",
    "-e": "ignored",
    "--referer": "ignored",
    "-o": "ignored",
    "--output": "ignored",
    "-w": "ignored",
    "--write-out": "ignored",
    "-m": "ignored",
    "--max-time": "ignored",
    "--connect-timeout": "ignored",
    "-x": "ignored",
    "--proxy": "ignored",
    "--resolve": "ignored",
    "--cacert": "ignored",
    "--retry": "ignored",
}
_ALONE: Final = re.compile(
    r"-[sSkLivfN#]+|-G|-I|--get|--head|--compressed|--silent|--show-error|--insecure|--location|--include|--verbose|"
    r"--fail|--http[0-9.]+|--globoff|-g|--path-as-is|--no-buffer|--ipv4|--ipv6|-4|-6"
)


def _curl(command: str) -> Pasted:
    """A curl command as a shell would read it."""
    found: dict[str, list[str]] = {}
    for name, value in _options(_shell_words(command)):
        found.setdefault(name, []).append(value)
    urls = found.get("url", [])
    if len(urls) != 1:
        raise MalformedValue(f"the curl command has {len(urls)} URLs, and one is wanted")
    base, target = _split(urls[0] if "://" in urls[0] else f"http://{urls[0]}")
    pieces = [*found.get("data", []), *found.get("raw", []), *found.get("json", [])]
    if any(each.startswith("@") for name in ("data", "json") for each in found.get(name, [])):
        raise MalformedValue("the body is in a file that the command names with @: put it into the command")
    headers = list(found.get("header", []))
    body = ("" if "json" in found else "&").join(pieces)
    method = "POST" if pieces else "GET"
    if "get" in found:
        target, body, method = f"{target}{'&' if '?' in target else '?'}{body}" if body else target, "", "GET"
    if "head" in found:
        method = "HEAD"
    if body and _header(headers, "content-type") is None:
        headers.append(f"content-type: {'application/json' if 'json' in found else _FORM}")
    headers += [f"user-agent: {each}" for each in found.get("agent", [])[-1:]]
    return Pasted(found.get("method", [method])[-1], base, target, tuple(headers), body.encode())


def _shell_words(command: str) -> list[str]:
    """The words; `$'…'`, which browsers write, is read too."""

    def plain(found: re.Match[str]) -> str:
        if found["go_on"]:
            return " "
        return found[0] if found["ansi"] is None else shlex.quote(_unescaped(found["ansi"]))

    try:
        return shlex.split(_SHELL.sub(plain, command))[1:]
    except ValueError:
        raise MalformedValue("the curl command ends within quotation marks: was it copied whole?") from None


def _unescaped(text: str) -> str:
    letters = {"n": "\n", "r": "\r", "t": "\t"}

    def one(found: re.Match[str]) -> str:
        code = found[1]
        return chr(int(code[1:], 16)) if code[0] in "ux" else letters.get(code, code)

    return re.sub(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", one, text, flags=re.DOTALL)


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names and values; for an option that is not known only its own name is told."""
    waiting = iter(words)
    for word in waiting:
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if word.startswith("-") and name not in _WITH_VALUE and word[:2] in _WITH_VALUE and not word.startswith("--"):
            name, equals, value = word[:2], "=", word[2:]  # -XPOST
        if name in _WITH_VALUE:
            found = value if equals else next(waiting, None)
            if found is None:
                raise MalformedValue(f"the curl option {name} has no value: was the command copied whole?")
            yield _WITH_VALUE[name], found
        elif not word.startswith("-"):
            yield "url", word
        elif word in ("-G", "--get", "-I", "--head"):
            yield "get" if word in ("-G", "--get") else "head", ""
        elif _ALONE.fullmatch(word) is None:
            raise MalformedValue(
                f"the curl option {name[:24] if word.startswith('--') else word[:2]} is not known here"
            )


# ---- HAR


def _har(octets: bytes) -> list[Pasted]:
    """The entries of a HAR file, or the one that was copied out of it."""
    try:
        read = json.loads(_text(octets))
    except (ValueError, RecursionError):
        raise MalformedValue("this begins like a HAR file, and is no JSON") from None
    match read:
        case {"log": {"entries": list(entries)}}:
            return [_entry(each) for each in entries]
        case {"request": dict()}:
            return [_entry(read)]
        case {"method": str(), "url": str()}:
            return [_entry({"request": read})]
    raise MalformedValue("this JSON is no HAR file: it has neither log.entries nor a request")


def _entry(entry: Any) -> Pasted:
    match entry:
        case {"request": {"method": str(method), "url": str(url), **request}}:
            base, target = _split(url)
            listed: Any = request.get("headers") or []
            headers = tuple(f"{each['name']}: {each['value']}" for each in listed if _is_header(each))
            return Pasted(method, base, target, headers, _har_body(request.get("postData")), _started(entry))
    raise MalformedValue("an entry of the HAR file has no request with method and url")


def _is_header(each: Any) -> bool:
    names = isinstance(each, dict) and isinstance(each.get("name"), str) and isinstance(each.get("value"), str)
    return names and not each["name"].startswith(":")  # HTTP/2's own


def _har_body(data: Any) -> bytes:
    match data:
        case None:
            return b""
        case {"text": str(text), "encoding": "base64"}:
            try:
                return base64.b64decode(text, validate=True)
            except ValueError:
                raise MalformedValue("a body in the HAR file says that it is base64, and is not") from None
        case {"text": str(text)}:
            return text.encode()
    raise MalformedValue("a body in the HAR file has no text: capture it again with the request's content")


def _started(entry: Any) -> str:
    started = entry.get("startedDateTime")
    return started if isinstance(started, str) else ""


def _chosen(entries: Sequence[Pasted], wanted: str | None) -> Pasted:
    if wanted is not None and wanted.isdigit() and 1 <= int(wanted) <= len(entries):
        return entries[int(wanted) - 1]
    fits = [each for each in entries if wanted is None or wanted in each.base + each.target]
    if len(fits) == 1:
        return fits[0]
    listed = [f"{number} {each.method} {each.target.partition('?')[0][:60]}" for number, each in enumerate(entries, 1)]
    more = f" and {len(listed) - 20} more" if len(listed) > 20 else ""
    raise MalformedValue(
        f"{len(fits)} requests of the HAR file fit; say which with --entry, by number or a piece of its URL: "
        f"{', '.join(listed[:20])}{more}"
    )


def _header(headers: Sequence[str], name: str) -> str | None:
    found = [line.partition(":")[2].strip() for line in headers if line.partition(":")[0].strip().lower() == name]
    return found[-1] if found else None


def _text(octets: bytes, decode: Callable[[bytes], str] = bytes.decode) -> str:
    try:
        return decode(octets)
    except UnicodeDecodeError:
        raise MalformedValue("what was pasted is not UTF-8") from None
