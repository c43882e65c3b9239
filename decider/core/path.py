"""One reading of a request target: what route rules see, whatever tricks the raw text plays.

Nginx and the application normalise paths themselves; a rule that looked at the raw text could be walked
around with ``//checkout`` or ``/%63heckout``. Decoded once, never twice, as Nginx does.
"""

from __future__ import annotations

from functools import lru_cache
from posixpath import normpath
from urllib.parse import unquote

MAX_PATH_CHARACTERS = 2_048  # longer targets are no page of any site; the rest cannot change the class
CACHED_PATHS = 8_192  # distinct raw targets normalised once


@lru_cache(maxsize=CACHED_PATHS)
def normalise(target: str) -> str:
    """The path of a raw request target: no query, decoded once, slashes merged, dots resolved.

    Never fails; bytes that are no UTF-8 become replacement characters. Always starts with ``/``.
    """
    path = target[:MAX_PATH_CHARACTERS].partition("?")[0].partition("#")[0]
    if "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2]
    if "%" in path:
        path = unquote(path, errors="replace")
    if "//" in path or "/." in path:
        slash = "/" if path.endswith(("/", "/.", "/..")) else ""
        path = normpath("/" + path.lstrip("/"))
        path = path if path == "/" else path + slash
    return path if path.startswith("/") else "/" + path
