"""A browser's side of the dashboard without the browser: sign in, pages and callbacks over HTTP."""

from __future__ import annotations

import gzip
import http.client
import json
import time
from collections.abc import Mapping
from copy import copy
from typing import Any
from urllib.parse import urlencode

TIMEOUT_SECONDS = 30.0
IDLE_SECONDS = 1.0  # the server hangs up after two; a browser opens another connection then
OK, SEE_OTHER, NOTHING_NEW = 200, 303, 204


class Session:
    """One connection that is kept open while it is used, as browsers do.

    All methods raise RuntimeError for a bad answer.

    ``answer_bytes`` is the length of the last answer on the wire: compressed, with its headers.
    """

    def __init__(self, port: int, user: str, password: str) -> None:
        self._origin = f"http://127.0.0.1:{port}"
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self._cookie = ""
        self.answer_bytes = 0
        self._asked_at = time.monotonic()
        form = urlencode({"name": user, "password": password, "next": "/"})
        reply = self._ask("POST", "/login", form, "application/x-www-form-urlencoded", wanted=SEE_OTHER)
        self._cookie = str(reply.getheader("Set-Cookie")).partition(";")[0]
        self._callbacks: list[dict[str, Any]] = json.loads(self.get("/_dash-dependencies"))

    def again(self) -> Session:
        """Another browser of the same user: a connection of its own."""
        other = copy(self)
        other._connection = http.client.HTTPConnection(
            "127.0.0.1", self._connection.port, timeout=TIMEOUT_SECONDS
        )
        return other

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def get(self, path: str) -> bytes:
        """The body."""
        return self._read(self._ask("GET", path))

    def callback(self, output: str, changed: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Run the callback that writes ``output`` ("id.property") because ``changed`` did; empty: at first.

        ``values`` are those of its inputs and states by "id.property"; returns {id: {property: value}}.
        """
        found = next(one for one in self._callbacks if output in _outputs(one["output"]))
        outputs = [
            dict(zip(("id", "property"), one.rsplit(".", 1), strict=True))
            for one in _outputs(found["output"])
        ]
        body = {
            "output": found["output"],
            "outputs": outputs if found["output"].startswith("..") else outputs[0],
            "inputs": [_with_value(one, values) for one in found["inputs"]],
            "state": [_with_value(one, values) for one in found["state"]],
            "changedPropIds": [changed] if changed else [],
            "parsedChangedPropsIds": [changed] if changed else [],
        }
        answer = self._ask("POST", "/_dash-update-component", json.dumps(body), "application/json")
        text = self._read(answer)
        return dict(json.loads(text)["response"]) if text else {}

    def _ask(
        self, method: str, path: str, body: str | None = None, kind: str = "", wanted: int = OK
    ) -> http.client.HTTPResponse:
        headers = {"Origin": self._origin, "Accept-Encoding": "gzip", "Cookie": self._cookie}
        if kind:
            headers["Content-Type"] = kind
        if time.monotonic() - self._asked_at > IDLE_SECONDS:
            self._connection.close()  # the request opens it again
        self._asked_at = time.monotonic()
        self._connection.request(method, path, body, headers)
        reply = self._connection.getresponse()
        if reply.status not in {wanted, NOTHING_NEW}:
            raise RuntimeError(f"{method} {path}: {reply.status} {reply.read(300)!r}")
        if wanted == SEE_OTHER:
            reply.read()
        return reply

    def _read(self, reply: http.client.HTTPResponse) -> bytes:
        data = reply.read()
        self.answer_bytes = len(data) + sum(
            len(name) + len(value) + len(": \r\n") for name, value in reply.getheaders()
        )
        return gzip.decompress(data) if reply.getheader("Content-Encoding") == "gzip" else data


def _outputs(text: str) -> list[str]:
    return text.removeprefix("..").removesuffix("..").split("...") if text.startswith("..") else [text]


def _with_value(part: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    name = f"{part['id']}.{part['property']}"
    return {"id": part["id"], "property": part["property"], "value": values.get(name)}
