"""A Chromium for each page of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import chromium
import pytest
from chromium import Page
from shown import KEEP_URLS

from tests import page_fixtures
from tests.servers import Server

# A refused microphone hangs up while the connection is still being made; the browser notes that.
EXPECTED = ("favicon", "closed before the connection is established")

server, speech = page_fixtures.server, page_fixtures.speech


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    page_fixtures.mark(items, Path(__file__).parent, chromium.missing())


@pytest.fixture
def open_page(server: Server) -> Iterator[Callable[..., Page]]:
    """Return a function that opens the page in a new browser, whose console must stay clean."""
    pages: list[tuple[Page, bool]] = []

    def open_one(url: str | None = None, *, may_complain: bool = False, **how: Any) -> Page:
        page = Page(chromium.launch(**how))
        pages.append((page, may_complain))
        return page.open(url or server.url)

    yield open_one
    complaints = []
    for page, may_complain in pages:
        if not may_complain:
            complaints += [
                line for line in page.console() if not any(word in line for word in EXPECTED)
            ]
        page.driver.quit()
    assert not complaints


@pytest.fixture
def open_keeping(open_page: Callable[..., Page], server: Server) -> Callable[..., Page]:
    """Return a function that opens the page so that the object URLs it holds can be counted."""
    return lambda **how: open_page(**how).before(KEEP_URLS).open(server.url)
