"""For locust's own interface: locust -f load/locustfile.py --host http://127.0.0.1:8080"""

from load.human_shopper import HumanShopper
from load.office_nat import OfficeWorker
from load.slow_scraper import SlowScraper
from load.sneaker_bot import SneakerBot

__all__ = ["HumanShopper", "OfficeWorker", "SlowScraper", "SneakerBot"]
