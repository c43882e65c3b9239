"""``python -m decider.recorder``: settings from the environment, then record until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping

import uvloop

from decider.core.errors import FaultyInput
from decider.knowledge import load_knowledge
from decider.rare_collections import collect_rarely
from decider.recorder.access_socket import open_access_socket
from decider.recorder.log_line import log_line
from decider.recorder.recorder import Recorder
from decider.recorder.settings import RecorderSettings
from decider.redis_url import redacted
from decider.stores.mongo_connection import place

LOG = logging.getLogger("decider.recorder")

EXIT_FAULTY_SETTINGS = 2

SETTINGS = """settings (environment variables):
  REDIS_URL               redis://127.0.0.1:6379/0
  MONGODB_URI             mongodb://127.0.0.1:27017/?directConnection=true  (database: decider)
  ACCESS_LOG_BIND         unix:/run/decider/access.sock  or udp:host:port; where Nginx sends its access log
  RETENTION_EVENTS_DAYS   30   security events are kept that long
  RETENTION_TRAFFIC_DAYS  2    traffic seconds are kept that long
  RETENTION_TRAFFIC_MINUTES_DAYS  8    traffic minutes
  RETENTION_TRAFFIC_HOURS_DAYS    400  traffic hours
  DECIDER_NODE            the host's name; must differ between recorders and stay the same over restarts
  DECIDER_POLICY          the shipped policy.toml; names the routes, must be the decider's; taken over when it
                          changes, at once on SIGHUP
  DECIDER_PROFILE         none; must be the decider's
  REDIS_SHARDS            1    must be the decider's
  GEOIP_COUNTRY_DB, GEOIP_CITY_DB   the shipped country file, none

exit status: 0 stopped by SIGTERM or Ctrl-C, 2 faulty settings (each fault on a line of its own)"""


def main(arguments: list[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Run; returns the exit status."""
    argparse.ArgumentParser(
        prog="python -m decider.recorder",
        description="Writes Decider's security events and Nginx's traffic to MongoDB, and keeps Redis's bans "
        "safe there. Redis and MongoDB may come and go while it runs.",
        epilog=SETTINGS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args(arguments)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the policy is watched: a start reads the file anyway
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s", level=logging.INFO)
    try:
        settings = RecorderSettings.from_environment(environment)
        policy, knowledge = settings.shared.policy_source.load(), load_knowledge()
        bound = open_access_socket(settings.access_bind)
    except FaultyInput as error:
        for fault in error.faults:
            sys.stderr.write(f"recorder: {fault}\n")
        return EXIT_FAULTY_SETTINGS
    LOG.info(
        log_line(
            "recorder_started",
            node=settings.shared.node,
            redis=redacted(settings.shared.redis_url),
            mongodb=place(settings.mongodb_uri),
            access_log=settings.access_bind.text,
        )
    )

    async def record() -> None:
        stopping = asyncio.Event()
        for one in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(one, stopping.set)
        recorder = Recorder(settings, policy, knowledge, bound)
        collect_rarely()
        await recorder.run(stopping)

    uvloop.run(record())
    LOG.info(log_line("recorder_stopped"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
