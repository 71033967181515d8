"""What the page's tests share, in whichever browser: a real server, real speech, and who runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import ROOT, Server, serve
from tests.speech import Speech, clearest


def mark(items: list[pytest.Item], folder: Path, lack: str | None) -> None:
    """Mark a folder's tests as a browser's; skip them where this machine lacks something."""
    for item in items:
        if folder not in item.path.parents:
            continue
        item.add_marker(pytest.mark.browser)
        # In CI a missing browser is a failure: without it nobody has seen the page.
        if lack and not os.environ.get("CI"):
            item.add_marker(pytest.mark.skip(reason=lack))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    if not (ROOT / "static" / "vendor").is_dir():
        pytest.fail("static/vendor is missing: run `npm ci && npm run vendor`, or `make test`")
    with serve() as started:
        yield started


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Speech:
    return clearest(tmp_path_factory.mktemp("speech") / "speech.wav")
