"""The three steps of nginx/README.md, done to an Nginx that somebody already runs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.nginx.conftest import between
from tests.system.nginx.running_nginx import RunningNginx, render, running
from tests.system.nginx.scripted_decider import blocks

OWN_SITE = """
{process}
events {{ }}
http {{
    include decider/http.conf;
    include addresses.conf;
    {temp}
    upstream your_upstream {{ server 127.0.0.1:{application_port}; }}
    server {{
        listen 127.0.0.1:{port};
        include decider/server.conf;

        location / {{
            include decider/guard.conf;
            proxy_pass http://your_upstream;
        }}
        location /checkout {{
            include decider/guard_closed.conf;
            proxy_pass http://your_upstream;
        }}
        location /static/ {{
            proxy_pass http://your_upstream;
        }}
    }}
}}
"""


def without_parts(addresses: str, *numbers: int) -> str:
    """What the README says to delete: a part goes from its number to the next one."""
    parts = re.split(r"(?m)^(?=# \(\d\) )", addresses)
    return "".join(part for part in parts if not re.match(rf"# \(([{''.join(map(str, numbers))}])\)", part))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[RunningNginx]:
    places = render(tmp_path)
    process = "".join(re.findall(r"(?m)^(?:user|pid) .*;\n", places.conf.read_text()))
    temp = "".join(re.findall(r"(?m)^\w+_temp_path .*;\n", places.addresses.read_text()))
    places.addresses.write_text(without_parts(places.addresses.read_text(), 1, 7, 8))
    places.conf.write_text(
        OWN_SITE.format(
            process=process, temp=temp, application_port=places.application_port, port=places.port
        )
    )
    with running(between(places)) as one:
        yield one


def test_a_guarded_location_is_asked_about_and_blocked(site: RunningNginx) -> None:
    assert site.ask().status == 200
    site.decider.answer = blocks()
    blocked = site.ask()
    assert blocked.status == 403 and blocked.headers["retry-after"]
    assert len(site.application.asked) == 1


def test_a_location_without_the_guard_is_nobodys_business(site: RunningNginx) -> None:
    site.decider.answer = blocks()
    assert site.ask("/static/style.css").status == 200
    assert site.decider.asked == []


def test_each_location_fails_as_it_was_told_to(site: RunningNginx) -> None:
    site.decider.stop()
    assert site.ask("/").status == 200
    assert site.ask("/checkout").status == 503


def test_the_recorder_hears_of_every_request(site: RunningNginx) -> None:
    for target in ("/", "/checkout", "/static/style.css"):
        site.ask(target)
    told = {line["uri"]: line["verdict"] for line in site.log.lines(3)}
    assert told == {"/": "allow", "/checkout": "allow", "/static/style.css": ""}
