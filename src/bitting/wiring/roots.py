"""Where the root of a data folder is: `root.key` in it, or what its file `root.at` says.

`root.at` holds a place (`kms.places`) a line. It has one; while the root is changed it has two, the old one and the
new, and which of them is the root the database says: by its id, in front of each key that it wrapped. So whenever the
change is cut short, the house opens under the root it is under, and the other line is dropped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from bitting.domain.errors import BittingError, MalformedValue, Misconfigured, Unavailable
from bitting.kms.places import LONGEST, Place, read_place
from bitting.kms.private_file import read_private, sync_folder
from bitting.stores.folder import DataFolder
from bitting.vault.port import Root

_USUAL: Final = "file:root.key"
_MOST_BYTES: Final = 3 * 4 * LONGEST  # two places and more, whatever their characters


class Roots:
    """The root of one data folder, wherever it is. Everything raises Misconfigured and Unavailable."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder.path.absolute()
        self._file = self._folder / "root.at"

    def read(self, text: str) -> Place:
        """The place that a text names. Raises MalformedValue."""
        return read_place(text, self._folder, os.environ, os.urandom)

    def places(self) -> list[Place]:
        """Where the root is; a second one where it was being moved to another."""
        if not os.path.lexists(self._file):
            return [self.read(_USUAL)]
        lines = read_private(self._file, _MOST_BYTES).decode(errors="replace").splitlines()
        try:
            if 1 <= len(lines) <= 2:
                return [self.read(each) for each in lines]
        except MalformedValue as problem:
            raise Misconfigured(f"{self._file}: {problem}") from None
        raise Misconfigured(f"{self._file} does not say where the root is: `bitting root use PLACE` does")

    def write(self, *places: Place) -> None:
        """From now on the root is there. Raises Unavailable when the disk does not take it, and all is as before."""
        draft = self._file.with_suffix(".draft")
        try:
            draft.unlink(missing_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                file.writelines(f"{each}\n" for each in places)
                file.flush()
                os.fsync(descriptor)
            draft.rename(self._file)
            sync_folder(self._folder)
        except OSError as problem:
            raise Unavailable(f"{self._file} cannot be written ({problem.strerror})") from None

    def found(self) -> None:
        """For a new house: make the root file, where nothing else was said; and see that the root is there, before
        anything is sealed under it."""
        places = self.places()
        if str(places[0]) == _USUAL:
            places[0].make()
        with places[0].opened():
            pass

    @contextmanager
    def opened(self, root_id: str) -> Iterator[Root]:
        """The root of this id, until the block ends."""
        with ExitStack() as stack:
            yield self._find(stack, root_id)

    def _find(self, stack: ExitStack, root_id: str) -> Root:
        places, problems = self.places(), []
        for place in places:
            with ExitStack() as trial:
                try:
                    root = trial.enter_context(place.opened())
                except BittingError as problem:
                    if len(places) == 1:
                        raise
                    problems.append(f"{place}: {problem}")
                    continue
                if root.root_id == root_id:
                    stack.push(trial.pop_all())
                    if len(places) > 1:
                        with suppress(Unavailable):  # with a full disk, at the next start
                            self.write(place)
                    return root
                problems.append(f"{place} is root {root.root_id}")
        raise Misconfigured(
            f"the house is under root {root_id}, which is not where it should be ({'; '.join(problems)}): "
            "put it there, or say where it is, with `bitting root use` (nothing was changed)"
        )


def absolute(text: str) -> str:
    """A place as a person types it, the path of a file being from where the person stands."""
    scheme, _, path = text.partition(":")
    return f"file:{Path(path).absolute()}" if scheme == "file" and path else text
