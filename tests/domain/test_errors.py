"""The tree drawn on top of `errors` is the tree of classes."""

import inspect
import re

import pytest

from bitting.domain import errors
from bitting.domain.errors import BittingError

CLASSES = {
    name: each for name, each in vars(errors).items() if inspect.isclass(each) and issubclass(each, BaseException)
}


def drawn() -> dict[str, str]:
    """Each class in the drawing, with the one it hangs from."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"((?:│   |    )*)(?:├── |└── )?([A-Z][A-Za-z]+)(?:  |$)", line)
        if found:
            depth = 0 if line.startswith("Bitting") else 1 + len(found[1]) // 4
            path[depth:] = [found[2]]
            parents[found[2]] = path[depth - 1] if depth else "Exception"
    return parents


def test_the_tree_in_the_docstring_is_the_tree_of_classes() -> None:
    """Every class is drawn once, under the class it derives from, and nothing else is drawn."""
    assert drawn() == {name: each.__bases__[0].__name__ for name, each in CLASSES.items()}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_class_says_what_it_means(name: str) -> None:
    """One base each, a docstring each, and a text that comes out as it went in."""
    kind = CLASSES[name]
    assert len(kind.__bases__) == 1
    assert kind.__doc__
    assert str(kind("what would be right")) == "what would be right"
    assert issubclass(kind, BittingError)
