"""Every scenario and the verdict it must get. The figures are what the default policy promises, not what it
happened to reach: a change that lets more through has to be argued for here."""

from __future__ import annotations

from load.api_partner import ApiPartner
from load.botnet_subnet import BotnetSubnet
from load.credential_stuffing import CredentialStuffer, DistributedStuffer, PersonLoggingIn
from load.false_googlebot import FalseGooglebot
from load.flash_crowd import FlashCrowdPerson
from load.office_nat import OfficeWorker
from load.office_with_bot import BotsColleague, OfficeBot
from load.rotating_agents import RotatingAgents
from load.scenario import Scenario
from load.slow_scraper import SlowScraper
from load.sneaker_bot import SneakerBot
from load.verified_crawler import VerifiedCrawler

OFFICE_PEOPLE = 25
OfficeWorker.fixed_count = OFFICE_PEOPLE
BOTS_COLLEAGUES = 12
BotsColleague.fixed_count = BOTS_COLLEAGUES

SCENARIOS = (
    Scenario("sneaker-bot", SneakerBot, "block", let_through=19),
    Scenario("slow-scraper", SlowScraper, "block", let_through=40),
    Scenario("credential-stuffing", CredentialStuffer, "block", let_through=15),
    Scenario("credential-stuffing-200", DistributedStuffer, "block", let_through=100),
    Scenario("rotating-agents", RotatingAgents, "block", let_through=40),
    Scenario("botnet-subnet", BotnetSubnet, "block", let_through=1_200),
    Scenario("false-googlebot", FalseGooglebot, "block", let_through=0),
    Scenario("office-bot", OfficeBot, "block", let_through=19),
    Scenario("bots-colleagues", BotsColleague, "allow", has_orders=True),
    Scenario("office-nat", OfficeWorker, "allow", has_orders=True),
    Scenario("people-logging-in", PersonLoggingIn, "allow"),
    Scenario("api-partner", ApiPartner, "allow"),
    Scenario("verified-crawler", VerifiedCrawler, "allow"),
    Scenario("flash-crowd", FlashCrowdPerson, "allow", alone=True),
)
