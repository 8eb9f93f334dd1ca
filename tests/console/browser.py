"""A browser without a script or a screen: it keeps cookies, follows redirections, and sends forms as they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final

import httpx2

ORIGIN: Final = "https://console.example"


@dataclass
class Form:
    """One form of a page: where it goes, and everything in it that has a value already."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)


class Page(HTMLParser):
    """What is on a page, for a test: forms, texts, and every tag with its attributes."""

    def __init__(self, response: httpx2.Response) -> None:
        super().__init__()
        self.response = response
        self.status = response.status_code
        self.source = response.text
        self.forms: list[Form] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.outputs: list[str] = []
        self.text = ""
        self._select = ""
        self._in: list[str] = []
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        self._in.append(tag)
        name = given.get("name") or ""
        if tag == "form":
            self.forms.append(Form(given.get("action") or ""))
        elif tag == "output":
            self.outputs.append("")
        elif tag == "select":
            self._select = name
        elif not self.forms or not (name or tag == "option"):
            return
        elif tag == "input" and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self.forms[-1].fields.setdefault(name, []).append(given.get("value") or "")
        elif tag == "textarea":
            self.forms[-1].fields[name] = [""]
            self._select = name
        elif tag == "option" and ("selected" in given or self._select not in self.forms[-1].fields):
            self.forms[-1].fields[self._select] = [given.get("value") or ""]

    def handle_endtag(self, tag: str) -> None:
        if tag in self._in:
            del self._in[len(self._in) - 1 - self._in[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in and self._in[-1] == "output":
            self.outputs[-1] += data
        if self._in and self._in[-1] == "option" and self.forms[-1].fields.get(self._select) == [""]:
            self.forms[-1].fields[self._select] = [data]
        if self._in and self._in[-1] == "textarea":
            self.forms[-1].fields[self._select] = [data.removeprefix("\n")]

    def form(self, action: str = "") -> Form:
        """The last form that goes there."""
        return [each for each in self.forms if each.action == action or (not action and each.action != "/look")][-1]

    def form_with(self, name: str) -> Form:
        """The last form that has a field of that name."""
        return [each for each in self.forms if name in each.fields][-1]


class Browser:
    """One of them, at one console."""

    def __init__(self, url: str, **headers: str) -> None:
        self.client = httpx2.Client(base_url=url, headers=headers, timeout=20)
        self.cookies: dict[str, str] = {}
        self.at = ""

    def get(self, path: str) -> Page:
        return self._asked("GET", path)

    def post(self, path: str, fields: dict[str, Any], **headers: str) -> Page:
        """Send a form, with the origin as browsers say it unless `origin` is another; "" is none."""
        return self._asked("POST", path, fields, {"origin": ORIGIN, **headers})

    def send(self, page: Page, action: str = "", **filled: Any) -> Page:
        """Fill in a form of the page and send it; None takes a field out."""
        form = page.form(action)
        fields = {**form.fields, **filled}
        return self.post(form.action, {name: each for name, each in fields.items() if each is not None})

    def _asked(self, method: str, path: str, data: Any = None, headers: dict[str, str] | None = None) -> Page:
        sent = {name: value for name, value in (headers or {}).items() if value}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        response = self.client.request(method, path, data=data, headers=sent)
        for line in response.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
            if not value.strip('"'):
                del self.cookies[name]
        self.at = path
        if response.status_code == 303:
            return self.get(response.headers["location"])
        return Page(response)

    def close(self) -> None:
        self.client.close()
