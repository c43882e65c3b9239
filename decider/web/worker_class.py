"""The gunicorn worker: uvicorn on uvloop, with a parser that reads whatever Nginx accepted.

Nginx passes header values that hold control characters; httptools refuses them with 400, and auth_request
turns any 400 into fail-open. One odd byte in a user agent would walk a bot through the gate. The only client
of this socket is Nginx, which has framed the request anew, so leniency about values opens nothing here.
"""

from __future__ import annotations

from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn_worker import UvicornWorker


class NginxProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with control characters allowed in header values."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.parser.set_dangerous_leniencies(lenient_headers=True, lenient_data_after_close=True)


class DeciderWorker(UvicornWorker):  # type: ignore[misc]  # uvicorn_worker ships no types
    """Leaves out what Nginx throws away anyway: Date and Server headers, access log, proxy headers."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": NginxProtocol,
        "ws": "none",
        "lifespan": "on",
        "interface": "asgi3",
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
        "date_header": False,
    }
