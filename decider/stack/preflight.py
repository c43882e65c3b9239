"""What would stop a start, found before anything is started and told all at once."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from pathlib import Path

from decider.core.errors import PolicyError, SettingsError
from decider.core.policy import Policy
from decider.policy_source import load_policy
from decider.stack.settings import StackSettings
from decider.stores.reachability import mongo_fault, redis_fault

CONNECT_TIMEOUT_SECONDS = 2.0
LAST_PORT = 65_535


def check_surroundings(settings: StackSettings) -> Policy:
    """The policy that will rule. Raises SettingsError with every fault of ports, servers and policy."""
    faults = [*_busy_ports(settings), *_unreachable_servers(settings)]
    path = settings.passed_on.get("DECIDER_POLICY")
    try:
        policy = load_policy(
            Path(path) if path else None, profile=settings.passed_on.get("DECIDER_PROFILE") or None
        )
    except PolicyError as error:
        raise SettingsError([*faults, *error.faults]) from error
    if faults:
        raise SettingsError(faults)
    return policy


def _busy_ports(settings: StackSettings) -> Iterator[str]:
    for name, port in (("GATEWAY_PORT", settings.gateway_port), ("DASHBOARD_PORT", settings.dashboard_port)):
        try:
            # the address that a listener on every interface takes too
            socket.create_server(("127.0.0.1", port)).close()
        except OSError as error:
            if error.errno == errno.EACCES:
                yield f"{name} {port} needs root: choose one from 1024 up, for example {name}={port + 8000}"
            else:
                other = port - 1 if port == LAST_PORT else port + 1
                yield f"{name} {port} is in use by another program: choose one, for example {name}={other}"


def _unreachable_servers(settings: StackSettings) -> Iterator[str]:
    if settings.upstream is not None:
        host, _, port = settings.upstream.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_TIMEOUT_SECONDS).close()
        except OSError as error:
            yield (
                f"UPSTREAM: nothing answers at {settings.upstream} ({error.strerror or 'timed out'}): "
                "start your application, correct the address, or leave UPSTREAM out for the sample shop"
            )
    if settings.redis_url is not None and (fault := redis_fault(settings.redis_url)):
        yield fault
    if settings.mongodb_uri is not None and (fault := mongo_fault(settings.mongodb_uri)):
        yield fault
