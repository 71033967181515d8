"""One Firefox for all tests, a real server, real speech; a tab for each test."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import page_fixtures
from tests.firefox import firefox, pulse
from tests.firefox.firefox import Firefox
from tests.firefox.firefox_page import Page
from tests.firefox.pulse import Room
from tests.servers import Server

# A refused microphone hangs up while the connection is still being made; Firefox then notes that it
# could not connect. A test whose server is really out of reach fails by the state of its page.
EXPECTED = ("can’t establish a connection to the server at ws://",)

server, speech = page_fixtures.server, page_fixtures.speech


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    page_fixtures.mark(items, Path(__file__).parent, firefox.missing() or pulse.missing())


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with pulse.room(tmp_path_factory.mktemp("pulse")) as started:
        yield started


@pytest.fixture
def room(sound: Room) -> Iterator[Room]:
    """Where a test may speak into the microphone; silence at its end."""
    yield sound
    sound.hush()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory, sound: Room) -> Iterator[Firefox]:
    with firefox.launch(tmp_path_factory.mktemp("firefox"), sound) as started:
        yield started


@pytest.fixture
def open_page(browser: Firefox, server: Server) -> Iterator[Callable[..., Page]]:
    """Return a function that opens the page in a new tab, whose console must stay clean."""
    pages: list[Page] = []
    with contextlib.ExitStack() as tabs:

        def open_one(
            url: str | None = None, *, may_complain: bool = False, before: str = "", **how: Any
        ) -> Page:
            page = tabs.enter_context(browser.page(**how)).before(before)
            if not may_complain:
                pages.append(page)
            return page.open(url or server.url)

        yield open_one
        complaints = [
            line
            for page in pages
            for line in page.console()
            if not any(words in line for words in EXPECTED)
        ]
    assert not complaints
