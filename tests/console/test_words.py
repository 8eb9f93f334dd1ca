"""Two languages, whole: no page says a key instead of words, and no words are left that nothing says."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from bitting.domain.permissions import Permission
from bitting.web.console.policy_form import LIMITS
from bitting.web.console.words import LANGUAGES, WORDS, preferred
from tests.console.browser import Browser
from tests.console.holder import Holder
from tests.end_to_end.house import House

CONSOLE = Path(str(files("bitting.web.console")))
SOURCES = "\n".join(each.read_text() for each in (*CONSOLE.rglob("*.html"), *CONSOLE.rglob("*.py")))


def test_every_language_has_the_same_words_with_the_same_places() -> None:
    """So that what one says of {name}, the other says as well."""
    for language in LANGUAGES:
        assert WORDS[language].keys() == WORDS["en"].keys()
        for name, text in WORDS["en"].items():
            places = re.findall(r"\{\w+\}", text)
            assert sorted(places) == sorted(re.findall(r"\{\w+\}", WORDS[language][name])), name
            assert WORDS[language][name].strip()


def test_no_words_are_unused() -> None:
    """Each is named in a template or in the code, by itself or by the beginning of its family."""
    families = set(re.findall(r"t\('([a-z_.-]+\.)' ~", SOURCES)) | set(re.findall(r'f"([a-z_]+\.[a-z_]*)\{', SOURCES))
    named = set(re.findall(r"""['"]([a-z_]+\.[a-z0-9_.-]+)['"]""", SOURCES))
    unused = [each for each in WORDS["en"] if each not in named and not each.startswith(tuple(families))]
    assert unused == []


def test_every_name_that_is_said_has_words() -> None:
    """Those that stand whole in a template, and the families that a list of ours makes."""
    said = set(re.findall(r"t\('([a-z_]+\.[a-z0-9_.-]+)'[,)]", SOURCES))
    said |= {f"right.{each.value}.{part}" for each in Permission for part in ("name", "risk")}
    said |= {f"limit.{each}" for each in LIMITS}
    assert said - WORDS["en"].keys() == set()
    assert len(said) > 150


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "en"), ("ko", "ko"), ("ko-KR,ko;q=0.9,en;q=0.8", "ko"), ("fr-FR, en", "en"), ("de", "en"), (";;,,", "en")],
)
def test_the_language_is_the_viewers(accepted: str, language: str) -> None:
    assert preferred(accepted) == language


def test_language_and_theme_are_kept(house: House, ada: Holder) -> None:
    """By the browser, and the page stays the same one; times are written as the language writes them."""
    page = ada.browser.send(ada.browser.get("/keys/new"), "/look", lang="ko", theme="dark")
    try:
        assert ada.browser.at == "/keys/new"
        assert ("html", {"lang": "ko", "data-theme": "dark"}) in page.tags
        assert "새 키" in page.text
        assert "년 " in ada.browser.get("/you").text
        odd = ada.browser.send(page, "/look", lang="xx", theme="pink", back="//evil.example")
        assert ada.browser.at == "/"
        assert ("html", {"lang": "ko", "data-theme": "dark"}) in odd.tags
    finally:
        ada.browser.cookies.pop("__Host-bitting-look")


def test_a_strangers_language(house: House) -> None:
    """Before anybody has chosen, what the browser asks for."""
    browser = Browser(house.console, **{"accept-language": "ko-KR"})
    assert "로그인" in browser.get("/sign-in").text
    browser.close()
