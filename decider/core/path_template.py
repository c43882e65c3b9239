"""The template of a path: what stays when ids, hashes and dates are folded away.

/users/4711/orders/2024-05-01         -> /users/:n/orders/:n
/p/3f2504e0-4f89-11d3-9a0c-0305e82c3301 -> /p/:id
/assets/app.9f8c2b1d.js               -> /assets/app.:id.js
"""

from __future__ import annotations

from re import compile as pattern

MOST_SEGMENTS = 8  # deeper paths fold to their beginning: nobody designs routes deeper than that

_UUID_OR_HASH = pattern(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b(?=[a-f]*\d)[0-9a-f]{8,}\b"
)
_NUMBER = pattern(r"\d+")
_TOKEN = pattern(r"(?=[^/]*\d)(?=[^/]*[a-z])[a-z0-9_-]{20,}")


def template_of(path: str) -> str:
    """The template of a normalised path; lower case."""
    segments = path.lower().split("/", MOST_SEGMENTS + 1)[: MOST_SEGMENTS + 1]
    return "/".join(segment if segment.isalpha() else _folded(segment) for segment in segments)


def _folded(segment: str) -> str:
    segment = _UUID_OR_HASH.sub(":id", segment)
    segment = _TOKEN.sub(":id", segment)
    return _NUMBER.sub(":n", segment)
