"""The gunicorn worker: uvicorn on uvloop, with a protocol made for Nginx's subrequests."""

from __future__ import annotations

import signal
from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker

from decider.web.nginx_protocol import NginxProtocol


class DeciderWorker(UvicornWorker):  # type: ignore[misc]  # uvicorn_worker ships no types
    """Leaves out what Nginx throws away anyway: Date and Server headers, access log, proxy headers."""

    def init_signals(self) -> None:
        """SIGHUP is no death sentence: it asks for the policy file, which a starting worker reads anyway."""
        super().init_signals()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

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
