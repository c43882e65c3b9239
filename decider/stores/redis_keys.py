"""Every Redis key of a client, named once."""

from __future__ import annotations

from decider.core.client_key import ClientKey


def record_key(client: ClientKey, shards: int) -> str:
    """``decider:{shard}:<scope>:<name>``: one hash tag for a subnet, so that one script may own it."""
    return f"decider:{{{client.shard(shards)}}}:{client.scope}:{client.name}"
