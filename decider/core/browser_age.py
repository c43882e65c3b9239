"""When the browser that a user agent claims came out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from re import compile as pattern

# When a major version came out, in years; between two points a straight line (release histories of both).
_CHROME = (
    (1, 2008.7),
    (5, 2010.4),
    (20, 2012.5),
    (40, 2015.0),
    (60, 2017.6),
    (80, 2020.1),
    (100, 2022.2),
    (120, 2023.9),
    (140, 2025.7),
)
_FIREFOX = (
    (1, 2004.9),
    (3, 2008.5),
    (4, 2011.2),
    (20, 2013.3),
    (40, 2015.6),
    (60, 2018.4),
    (80, 2020.6),
    (100, 2022.3),
    (120, 2023.9),
    (140, 2025.5),
)
_EXPLORER = ((5, 1999.2), (6, 2001.6), (7, 2006.8), (8, 2009.2), (9, 2011.2), (10, 2012.8), (11, 2013.8))
_PRESTO_YEAR = 2012.8  # Opera's last engine of its own
_CHROME_VERSION = pattern(r"chrom(?:e|ium)/(\d{1,3})\.")
_FIREFOX_VERSION = pattern(r"(?:firefox|minefield)/(\d{1,3})")
_EXPLORER_VERSION = pattern(r"msie (\d{1,2})")


def born_year(lowered: str) -> float:
    """The year of a user agent in lower case; 0 where it names no version known here."""
    for expression, history in (
        (_CHROME_VERSION, _CHROME),
        (_FIREFOX_VERSION, _FIREFOX),
        (_EXPLORER_VERSION, _EXPLORER),
    ):
        version = expression.search(lowered)
        if version is not None:
            return _year(int(version[1]), history)
    return _PRESTO_YEAR if "presto/" in lowered else 0.0


def _year(major: int, history: Sequence[tuple[int, float]]) -> float:
    place = bisect_right(history, (major, 9999.0))
    if place == 0:
        return history[0][1]
    if place == len(history):
        return history[-1][1]
    (low, low_year), (high, high_year) = history[place - 1], history[place]
    return low_year + (high_year - low_year) * (major - low) / (high - low)
