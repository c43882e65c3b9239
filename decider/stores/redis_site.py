"""What the site serves and lacks, told by the recorder to every worker.

``decider:{site}:answers``  JSON {"served": [paths], "lacking": [paths]}
``decider:{site}:version``  grows with every change; one GET tells a worker whether its copy is fresh
Both expire a week after the recorder last wrote them; it learns anew within minutes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from redis.asyncio import Redis
from redis.exceptions import RedisError

from decider.core.errors import StoreUnavailable
from decider.core.site_knowledge import SiteKnowledge

ANSWERS_KEY = "decider:{site}:answers"
VERSION_KEY = "decider:{site}:version"
TTL_SECONDS = 7 * 86_400  # a site that is not asked for a week has forgotten nothing worth keeping


class RedisSite:
    """Both methods may raise StoreUnavailable; the copy at hand then stays as it is."""

    def __init__(self, client: Redis, site: SiteKnowledge) -> None:
        self._client = client
        self._site = site
        self._version = 0

    async def refresh(self) -> None:
        """Adopt what another process published, if there is news."""
        try:
            version = int(await self._client.get(VERSION_KEY) or 0)
            if version != self._version:
                self._site.adopt(*_parsed(await self._client.get(ANSWERS_KEY)))
                self._version = version
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error

    async def publish(self) -> None:
        """Tell the others what is known here."""
        text = json.dumps({"served": self._site.served, "lacking": self._site.lacking})
        try:
            async with self._client.pipeline(transaction=True) as pipeline:
                pipeline.set(ANSWERS_KEY, text, ex=TTL_SECONDS)
                pipeline.incr(VERSION_KEY)
                pipeline.expire(VERSION_KEY, TTL_SECONDS)
                self._version = int((await pipeline.execute())[1])
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error


def _parsed(text: bytes | str | None) -> tuple[Sequence[str], Sequence[str]]:
    """Whatever else stands under the key is nothing known."""
    try:
        known = json.loads(text or b"{}")
        served, lacking = known.get("served", []), known.get("lacking", [])
        if all(isinstance(path, str) for path in (*served, *lacking)):
            return served, lacking
    except (ValueError, AttributeError, TypeError):
        pass
    return (), ()
