"""One Firefox for all tests, a real server, real speech; a tab for each test."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.speech import Speech, clearest
from tests.firefox import firefox, pulse
from tests.firefox.firefox import Firefox
from tests.firefox.firefox_page import Page
from tests.firefox.pulse import Room
from tests.servers import Server, serve

ROOT = Path(__file__).resolve().parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = firefox.missing() or pulse.missing()
    for item in items:
        if Path(__file__).parent not in item.path.parents:
            continue
        item.add_marker(pytest.mark.browser)
        # In CI a missing browser is a failure: without it nobody has seen the page.
        if reason and not os.environ.get("CI"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    if not (ROOT / "static" / "vendor").is_dir():
        pytest.fail("static/vendor is missing: run `npm ci && npm run vendor`, or `make test`")
    with serve() as started:
        yield started


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Speech:
    return clearest(tmp_path_factory.mktemp("speech") / "speech.wav")


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

        def open_one(url: str | None = None, *, may_complain: bool = False, **how: Any) -> Page:
            page = tabs.enter_context(browser.page(**how))
            if not may_complain:
                pages.append(page)
            return page.open(url or server.url)

        yield open_one
        complaints = [line for page in pages for line in page.console()]
    assert not complaints
