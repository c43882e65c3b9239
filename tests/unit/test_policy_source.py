"""A policy file is read over the shipped defaults; what is wrong with it stands with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from decider.core.errors import PolicyError
from decider.core.policy import Mode
from decider.core.policy_lines import line_of
from decider.policy_source import load_policy

ROUTE = '[[route]]\nname = "shop"\nclass = "page"\npaths = ["/shop"]\n'


def faults_of(path: Path) -> tuple[str, ...]:
    with pytest.raises(PolicyError) as caught:
        load_policy(path)
    return caught.value.faults


def test_a_fault_stands_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(f"# mine\nmode = 'x'\n\n[ban]\n\nfirst_seconds = 0\n{ROUTE}{ROUTE}")
    places = [fault.partition(" ")[0] for fault in faults_of(path)]
    assert sorted(places) == [f"{path}:{line}:" for line in (12, 2, 6)]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"mode = ", "is no TOML: Invalid value (at end of document)"),
        (b"mode 'x'\n", "is no TOML: Expected '=' after a key in a key/value pair (at line 1, column 6)"),
        (b"mode = 'a'\nmode = 'b'\n", "is no TOML"),
        (b"# caf\xe9\n", ":1: is not UTF-8: save it as UTF-8"),
        (b"a = " + b"[" * 50_000, "is no TOML: brackets nested too deeply"),
        (b"a = " + b"9" * 10_000, "is no TOML"),
        (b"\x00", "is no TOML"),
    ],
    ids=["cut", "no equals", "twice", "latin-1", "deep", "huge number", "nul"],
)
def test_a_file_that_is_no_toml_is_one_fault(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(content)
    (fault,) = faults_of(path)
    assert fault.startswith(str(path))
    assert told in fault


def test_a_number_of_four_hundred_digits_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("[thresholds]\nblock_at = 1" + "0" * 400)
    (fault,) = faults_of(path)
    assert "write a number from 0 to 1" in fault


@pytest.mark.parametrize("name", ["absent.toml", "."])
def test_a_file_that_cannot_be_read_is_one_fault(tmp_path: Path, name: str) -> None:
    (fault,) = faults_of(tmp_path / name)
    assert "cannot be read" in fault
    assert "DECIDER_POLICY" in fault


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(b"\xef\xbb\xbfmode = 'observe'\r\n[ban]\r\nfirst_seconds = 90\r\n")
    policy = load_policy(path)
    assert (policy.mode, policy.ban.first_seconds) == (Mode.OBSERVE, 90)


def test_the_digest_changes_with_the_file_and_only_with_it(tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text("mode = 'observe'")
    two.write_text("mode = 'observe' ")
    digests = [load_policy(path).digest for path in (None, one, one, two)]
    assert digests[1] == digests[2]
    assert len(set(digests)) == 3
    assert {len(digest) for digest in digests} == {12}


def test_the_mode_set_outside_wins(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("mode = 'observe'")
    assert load_policy(path, Mode.ENFORCE).mode is Mode.ENFORCE
    assert load_policy(None, Mode.OBSERVE).mode is Mode.OBSERVE


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("mode", 1),
        ("ban", 3),
        ("ban.first_seconds", 4),
        ("ban.longest_seconds", 3),  # not there: its table
        ("route[1].name", 6),
        ("route[2].name", 8),
        ("route[2].paths", 7),
        ("signals.burst.cost_per_second.full", 10),
        ("nowhere", None),
        ("route[3].name", None),
    ],
)
def test_the_line_of_a_key_is_found(path: str, line: int | None) -> None:
    text = (
        "mode = 'x'\n# [ban]\n[ban]\nfirst_seconds = 1\n[[route]]\nname = 'a'\n [[ route ]]\n  name='b'\n"
        "[signals.burst] # one\ncost_per_second = { start = 1 }\n"
    )
    assert line_of(text, path) == line
