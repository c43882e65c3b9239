"""One `up` a folder, whatever happened to the one before."""

import os
import socket
from pathlib import Path

import pytest

from decider.stack.leftovers import earlier_supervisor
from decider.stack.run_folder import FolderInUse, RunFolder


def test_a_second_holder_is_told_the_pid_of_the_first(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    assert folder.holder() is None
    with folder.locked():
        assert folder.holder() == os.getpid()
        with pytest.raises(FolderInUse, match=str(os.getpid())), folder.locked():
            pass
    assert folder.holder() is None


def test_the_lock_file_of_a_dead_holder_does_not_keep_anybody_out(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    (tmp_path / "stack.lock").write_text("1\n")
    assert folder.holder() is None
    with folder.locked():
        assert folder.holder() == os.getpid()


def test_making_the_folder_removes_stale_sockets_and_keeps_data(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.make()
    (folder.mongo / "data").write_text("kept")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(folder.open_socket))
    folder.make()
    assert not folder.open_socket.exists()
    assert (folder.mongo / "data").read_text() == "kept"


def test_a_pid_file_whose_pid_went_to_another_program_is_ignored(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.make()
    folder.supervisor_pid.write_text(str(os.getpid()))
    assert earlier_supervisor(folder) is None
