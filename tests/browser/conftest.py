"""Browsers, a real server and real speech for the page's tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import chromium
import pytest
from chromium import Page
from servers import Server, serve
from speech import Speech, clearest

ROOT = Path(__file__).resolve().parents[2]
# A refused microphone hangs up while the connection is still being made; the browser notes that.
EXPECTED = ("favicon", "closed before the connection is established")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = chromium.missing()
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
