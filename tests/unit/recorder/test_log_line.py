"""One event, one line, whatever the values hold."""

import pytest

from decider.recorder.log_line import VALUE_CHARACTERS, log_line


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("edge-1", "edge-1"),
        (7, "7"),
        (0.25, "0.250"),
        ("", '""'),
        ("two words", '"two words"'),
        ('say "no"', '"say \\"no\\""'),
        ("a=b", '"a=b"'),
        ("line\nevent=forged", '"line\\nevent=forged"'),
        ("\x1b[31mred\x00\u202e", '"\\u001b[31mred\\u0000\\u202e"'),
        (b"\xff{", "\"b'\\\\xff{'\""),
    ],
)
def test_a_value_can_neither_break_nor_forge_a_line(value: object, shown: str) -> None:
    assert log_line("poison_entry", value=value) == f"poison_entry value={shown}"


def test_long_values_are_clipped() -> None:
    assert len(log_line("poison_entry", value="x" * 10_000)) == len("poison_entry value=") + VALUE_CHARACTERS
