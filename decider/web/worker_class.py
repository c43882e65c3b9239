"""The gunicorn worker: uvicorn on uvloop, with a protocol made for Nginx's subrequests.

It reads whatever Nginx accepted. Nginx passes header values that hold control characters; httptools refuses
them with 400, and auth_request turns any 400 into fail-open: one odd byte in a user agent would walk a bot
through the gate. The only client of this socket is Nginx, which has framed the request anew, so leniency
about values opens nothing here.

And it answers ``GET /v1/decide`` itself. The scope, the task and the events of an ASGI cycle and Falcon's
request and response are most of what a decision costs, and a decision needs none of them.
"""

from __future__ import annotations

import asyncio
import signal
from collections import deque
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn_worker import UvicornWorker

from decider.core.verdict import Verdict
from decider.web.decisions import Decisions
from decider.web.outbox import Outbox

DECISION_PATH = b"/v1/decide"
NO_CONTENT = 204

Headers = list[tuple[bytes, bytes]]


class NginxProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, with control characters allowed in header values and decisions answered here.

    Decisions of one connection are answered in the order of their questions. Everything else goes on to the
    app (``self.app``, which carries ``decisions`` and the worker's ``outbox``).
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.parser.set_dangerous_leniencies(lenient_headers=True, lenient_data_after_close=True)
        self._decisions: Decisions = self.app.decisions  # app.DeciderApp has them
        self._outbox: Outbox = self.app.outbox
        self._is_decision = False
        self._questions: deque[Headers] = deque()
        self._answering: asyncio.Task[None] | None = None
        self._closes = False

    def on_message_begin(self) -> None:
        """Nothing but what the parser's next calls need; uvicorn builds its scope here."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Is it a question for a decision? Then the body, which Nginx never sends, would be ignored."""
        parser, cycle = self.parser, self.cycle
        self._is_decision = (
            self.url == DECISION_PATH
            and parser.get_method() == b"GET"
            and parser.should_keep_alive()
            and (cycle is None or cycle.response_complete)
        )
        if not self._is_decision:
            url, headers = self.url, self.headers
            super().on_message_begin()
            self.url = url
            self.headers += headers
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Only the app wants bodies."""
        if not self._is_decision:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Decide now, or after the questions before this one."""
        if not self._is_decision:
            super().on_message_complete()
            return
        self._questions.append(self.headers)
        if self._answering is None:
            self._answering = self.loop.create_task(self._answer())

    def shutdown(self) -> None:
        """Close, once the questions that have been asked are answered."""
        if self._answering is None:
            super().shutdown()
        self._closes = True

    async def _answer(self) -> None:
        decisions, transport = self._decisions, self.transport
        while self._questions:
            verdict = await decisions.decide(self._questions.popleft())
            self._outbox.put(transport, self._reply(verdict))
        self._answering = None
        if self._closes:
            self._outbox.send()
            transport.close()

    def _reply(self, verdict: Verdict) -> bytes:
        decisions = self._decisions
        status = decisions.status(verdict)
        lines = [f"{name}: {value}\r\n" for name, value in decisions.headers(verdict).items()]
        lines.append("\r\n" if status == NO_CONTENT else "Content-Length: 0\r\n\r\n")
        return STATUS_LINE[status] + "".join(lines).encode()


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
