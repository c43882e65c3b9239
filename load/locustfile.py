"""For locust's own interface: locust -f load/locustfile.py --class-picker --host http://127.0.0.1:8080"""

from load.api_partner import ApiPartner
from load.botnet_subnet import BotnetSubnet
from load.credential_stuffing import CredentialStuffer, DistributedStuffer, PersonLoggingIn
from load.false_googlebot import FalseGooglebot
from load.flash_crowd import FlashCrowdPerson
from load.human_shopper import HumanShopper
from load.office_nat import OfficeWorker
from load.office_with_bot import BotsColleague, OfficeBot
from load.rotating_agents import RotatingAgents
from load.slow_scraper import SlowScraper
from load.sneaker_bot import SneakerBot
from load.verified_crawler import VerifiedCrawler

__all__ = [
    "ApiPartner",
    "BotnetSubnet",
    "BotsColleague",
    "CredentialStuffer",
    "DistributedStuffer",
    "FalseGooglebot",
    "FlashCrowdPerson",
    "HumanShopper",
    "OfficeBot",
    "OfficeWorker",
    "PersonLoggingIn",
    "RotatingAgents",
    "SlowScraper",
    "SneakerBot",
    "VerifiedCrawler",
]
