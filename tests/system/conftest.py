"""One running copy of the product for every system test that does not need its own."""

from collections.abc import Iterator

import pytest

from tests.running_stack import RunningStack, run_stack


@pytest.fixture(scope="session")
def running_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The product as `make run` starts it: own Redis, own MongoDB-compatible server, sample shop.

    Shared by the session: play clients of your own (X-Forwarded-For), and leave it as you found it.
    """
    with run_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running
