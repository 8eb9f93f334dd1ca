"""Fuzz one target with atheris, or run it once over what was found.

usage: .venv/bin/python -m tests.system.fuzz TARGET SECONDS
       .venv/bin/python -m tests.system.fuzz TARGET FILE

What has been learnt stays in .fuzz/TARGET, and a longer search begins there; what breaks a promise is written into
.fuzz/TARGET/found.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

FOLDER: Final = Path(__file__).parents[2] / ".fuzz"


def main(plant: Callable[[], object] = lambda: None) -> None:
    """`plant` is called when everything is imported: a test breaks something there, and must see it found."""
    name, what = sys.argv[1:]
    if what.isdigit():
        search(name, int(what), plant)
    else:
        from tests.system.targets import TARGETS

        plant()
        TARGETS[name].run(Path(what).read_bytes())
        print(f"{name} makes nothing wrong of {what}")


def search(name: str, seconds: int, plant: Callable[[], object]) -> None:
    """Never returns: the fuzzer ends the process, with 0 when it has found nothing."""
    import atheris  # type: ignore[import-untyped]

    with atheris.instrument_imports(include=["bitting"]):
        from tests.system.targets import TARGETS
    plant()
    target = TARGETS[name]
    corpus, seeds, found = (FOLDER / name / each for each in ("corpus", "seeds", "found"))
    for folder in (corpus, seeds, found):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (seeds / f"{number:04}").write_bytes(seed)
    words = sorted(target.words)
    dictionary = FOLDER / name / "words"
    dictionary.write_text("".join(f'"{quoted(each)}"\n' for each in words))
    options = {
        "max_total_time": seconds,
        "timeout": 20,
        "max_len": 4096,
        "dict": dictionary,
        "artifact_prefix": f"{found}/",
    }
    atheris.Setup(
        [sys.argv[0], str(corpus), str(seeds), *(f"-{option}={value}" for option, value in options.items())],
        target.run,
        custom_mutator=lambda raw, longest, number: mutated(raw, longest, Random(number), words, atheris.Mutate),
    )
    atheris.Fuzz()


def quoted(word: bytes) -> str:
    """As dictionaries of libFuzzer want it."""
    return "".join(map(r"\x{:02x}".format, word))


def mutated(
    raw: bytes, longest: int, chance: Random, words: list[bytes], mutate: Callable[[bytes, int], bytes]
) -> bytes:
    """One part of a request is changed, and the others stay: method, path, query, a header, body, a parameter. Or words
    are put behind it: a parameter more, a header that stands twice."""
    parts = re.split(chance.choice([rb"(\r\n\r\n)", rb"(\r\n)", rb"([ ?&\r\n]+)", rb'([ ?&=:,"\r\n]+)', rb"(\Z)"]), raw)
    at = chance.randrange(0, len(parts), 2)
    if chance.random() < 0.25:
        parts[at] += b"".join(chance.sample(words, 2))
    else:
        parts[at] = mutate(parts[at], len(parts[at]) + 64)
    return b"".join(parts)[:longest]


if __name__ == "__main__":
    main()
