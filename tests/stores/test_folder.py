"""The data folder's places, and its lock."""

from pathlib import Path

import pytest

from bitting.domain.errors import Misconfigured
from bitting.stores.folder import DataFolder


def test_no_two_mounts_share_an_identity() -> None:
    """An upstream that knew another's secret could speak for that one's callers."""
    folder = DataFolder(Path("/data"))
    names = ["/a/b", "/a-b", "/a.b", "/binance-live", "binance@live", "/binance", "/a"]
    assert len({folder.identity(name) for name in names}) == len(names)
    assert folder.identity("/binance").name == "identity-binance.key"
    assert all(folder.identity(name).parent == folder.path for name in names)


def test_a_folder_has_one_worker(tmp_path: Path) -> None:
    """The second is told who the first is, and the lock goes with its holder."""
    folder, other = DataFolder(tmp_path), DataFolder(tmp_path)
    with folder.locked(), pytest.raises(Misconfigured, match="another bitting"), other.locked():
        pass
    with other.locked():
        pass
