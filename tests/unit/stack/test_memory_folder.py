"""The deny cache lies in memory, in a folder that nobody else can have prepared."""

from pathlib import Path

import pytest

from decider.stack import memory_folder
from decider.stack.memory_folder import deny_cache_folder, remove_memory_folder


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Roomy, whatever this machine has."""
    monkeypatch.setattr(memory_folder, "NEEDED_BYTES", 0)
    (tmp_path / "shm").mkdir()
    return tmp_path / "shm"


def test_each_copy_has_a_folder_of_its_own_in_memory(tmp_path: Path, memory: Path) -> None:
    one, two = (deny_cache_folder(tmp_path / name, memory) for name in ("one", "two"))
    assert one != two
    assert {one.parent.parent, two.parent.parent} == {memory}
    assert one.parent.stat().st_mode & 0o777 == 0o700


def test_a_copy_started_again_finds_its_folder_again(tmp_path: Path, memory: Path) -> None:
    assert deny_cache_folder(tmp_path, memory) == deny_cache_folder(tmp_path, memory)


def test_nothing_is_left_of_it(tmp_path: Path, memory: Path) -> None:
    folder = deny_cache_folder(tmp_path, memory)
    folder.mkdir()
    (folder / "answer").touch()
    remove_memory_folder(tmp_path, memory)
    assert list(memory.iterdir()) == []
    remove_memory_folder(tmp_path, memory)


def test_without_room_it_lies_under_the_run_folder(
    tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_folder, "NEEDED_BYTES", 1 << 60)
    assert deny_cache_folder(tmp_path, memory) == tmp_path / "nginx" / "deny_cache"
    assert list(memory.iterdir()) == []


def test_without_such_memory_it_lies_under_the_run_folder(tmp_path: Path) -> None:
    assert deny_cache_folder(tmp_path, tmp_path / "absent") == tmp_path / "nginx" / "deny_cache"


def test_a_folder_that_somebody_else_prepared_is_neither_used_nor_removed(
    tmp_path: Path, memory: Path
) -> None:
    taken = deny_cache_folder(tmp_path, memory).parent
    taken.rmdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    taken.symlink_to(elsewhere)
    assert deny_cache_folder(tmp_path, memory) == tmp_path / "nginx" / "deny_cache"
    remove_memory_folder(tmp_path, memory)
    assert taken.is_symlink()
    taken.unlink()
    taken.mkdir(mode=0o777)
    taken.chmod(0o777)
    assert deny_cache_folder(tmp_path, memory) == tmp_path / "nginx" / "deny_cache"
