"""The HTTP of Nginx's subrequests: uvicorn's protocol, which answers ``GET /v1/decide`` by itself.

It reads whatever Nginx accepted. Nginx passes header values that hold control characters; httptools refuses
them with 400, and auth_request turns any 400 into fail-open: one odd byte in a user agent would walk a bot
through the gate. The only client of this socket is Nginx, which has framed the request anew, so leniency
about values opens nothing here.

A question as the shipped ``decision.conf`` asks it, whole in one read, is taken apart at its line ends
(``nginx_request.read_question``). Every other shape goes through httptools, and what is
no question for a decision on to the app: the scope, the task and the events of an ASGI cycle and Falcon's
request and response would be most of what a decision costs, and a decision needs none of them.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from decider.core.verdict import Verdict
from decider.web.decisions import Decisions
from decider.web.nginx_request import facts_of, read_facts, read_question
from decider.web.outbox import Outbox

DECISION_PATH = b"/v1/decide"

Headers = list[tuple[bytes, bytes]]


class NginxProtocol(HttpToolsProtocol):
    """Control characters are allowed in header values, and decisions answered here.

    Decisions of one connection are answered in the order of their questions. Everything else goes on to the
    app (``self.app``, which carries ``decisions`` and the worker's ``outbox``).
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.parser.set_dangerous_leniencies(lenient_headers=True, lenient_data_after_close=True)
        self._decisions: Decisions = self.app.decisions  # app.DeciderApp has them
        self._outbox: Outbox = self.app.outbox
        self._is_parsing = False  # a request that came in pieces, or goes to the app, is under way
        self._is_decision = False
        self._is_asking = False
        self._questions: deque[Headers] = deque()
        self._closes = False

    def data_received(self, data: bytes) -> None:
        """A question in its usual form, or anything else."""
        if not (self._is_parsing or self._is_asking):
            question = read_question(data)
            if question is not None:
                if self.timeout_keep_alive_task is not None:
                    self._unset_keepalive_if_required()
                self._is_asking = True
                self._decisions.ask(facts_of, question, self._answer)
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Nothing but what the parser's next calls need; uvicorn builds its scope here."""
        self._is_parsing = True
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Is it a question for a decision? Then the body, which Nginx never sends, would be ignored."""
        parser = self.parser
        self._is_decision = (
            self.url == DECISION_PATH
            and parser.get_method() == b"GET"
            and parser.should_keep_alive()
            and self._is_idle
        )
        if not self._is_decision:
            url, headers = self.url, self.headers
            super().on_message_begin()
            self.url = url
            self.headers += headers
            super().on_headers_complete()

    @property
    def _is_idle(self) -> bool:
        """Whether the app owes this connection no answer."""
        return self.cycle is None or self.cycle.response_complete

    def on_body(self, body: bytes) -> None:
        """Only the app wants bodies."""
        if not self._is_decision:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Decide now, or after the questions before this one."""
        self._is_parsing = False
        if not self._is_decision:
            super().on_message_complete()
        elif self._is_asking:
            self._questions.append(self.headers)
        else:
            self._is_asking = True
            self._decisions.ask(read_facts, self.headers, self._answer)

    def shutdown(self) -> None:
        """Close, once the questions that have been asked are answered."""
        if not self._is_asking:
            super().shutdown()
        self._closes = True

    def _ask_next(self) -> None:
        self._decisions.ask(read_facts, self._questions.popleft(), self._answer)

    def _answer(self, verdict: Verdict) -> None:
        self._outbox.put(self.transport, self._decisions.reply(verdict))
        if self._questions:  # in a turn of its own: a thousand at once must not be a thousand calls deep
            self.loop.call_soon(self._ask_next)
            return
        self._is_asking = False
        if self._closes:
            self._outbox.send()
            self.transport.close()
