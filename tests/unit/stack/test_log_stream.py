"""Many log files on one screen."""

import io
from pathlib import Path

from decider.stack.log_stream import LogStream, last_lines


def test_each_line_carries_its_service_and_half_a_line_waits(tmp_path: Path) -> None:
    log, out = tmp_path / "nginx.log", io.StringIO()
    stream = LogStream([log], out)
    log.write_text("first\nsec")
    stream.show_new()
    assert out.getvalue() == "nginx      | first\n"
    log.write_text("first\nsecond\n")
    stream.show_new()
    assert out.getvalue().splitlines()[1] == "nginx      | second"


def test_what_an_earlier_run_wrote_is_left_out(tmp_path: Path) -> None:
    log, out = tmp_path / "redis.log", io.StringIO()
    log.write_text("old\n")
    stream = LogStream([log], out)
    stream.skip_to_end()
    log.write_text("old\nnew\n")
    stream.show_new()
    assert out.getvalue() == "redis      | new\n"


def test_a_rotated_file_is_read_from_its_start(tmp_path: Path) -> None:
    log, out = tmp_path / "a.log", io.StringIO()
    stream = LogStream([log], out)
    log.write_text("before rotation\n")
    stream.show_new()
    log.rename(tmp_path / "a.log.1")
    log.write_text("after\n")
    stream.show_new()
    assert [line.split("| ")[1] for line in out.getvalue().splitlines()] == ["before rotation", "after"]


def test_a_request_path_cannot_steer_the_terminal(tmp_path: Path) -> None:
    log, out = tmp_path / "a.log", io.StringIO()
    log.write_bytes(b"GET /\x1b]0;owned\x07 \x9b2J \xff\n")
    LogStream([log], out).show_new()
    (shown,) = out.getvalue().splitlines()
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in shown)
    assert "owned" in shown
    assert "\x1b" not in "".join(last_lines(log, 5))


def test_the_end_of_a_log_that_was_never_written_is_empty(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "none.log", 5) == []
