"""Claims to be Googlebot, from an address that Google does not publish."""

from __future__ import annotations

from locust import constant_pacing

from load.addresses import FALSE_CRAWLER
from load.verified_crawler import VerifiedCrawler


class FalseGooglebot(VerifiedCrawler):
    """Does exactly what the real one does, only slower."""

    kind = "false Googlebot"
    address = FALSE_CRAWLER
    wait_time = constant_pacing(1)
