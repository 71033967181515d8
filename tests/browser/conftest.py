"""Browsers, a real server and real speech for the page's tests."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import chromium
import pytest
from chromium import Page
from servers import Server, serve

ROOT = Path(__file__).resolve().parents[2]
CANDIDATES = 40
EXPECTED = ("favicon",)


@dataclass(frozen=True)
class Speech:
    """A clip with a clear winner: what `flask predict` says of it, and a WAV for the microphone."""

    path: Path
    judgement: dict[str, Any]
    wav: Path
    seconds: float


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
    """The clearest of some real clips, where this machine has them; else of the sample clips."""
    clips = _real_clips() or sorted((ROOT / "samples" / "synthetic").glob("*.flac"))
    judged = predict(*clips)
    clear = max(judged, key=lambda item: _margin(item[1]))
    wav = tmp_path_factory.mktemp("speech") / "speech.wav"
    # The recorder begins a moment after the microphone; the first syllable shall not fall into it.
    seconds = chromium.write_wav(clear[0], wav, before_s=0.5)
    return Speech(clear[0], clear[1], wav, seconds)


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


def predict(*paths: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Return each file with what `flask --app webapp predict` says of it."""
    command = [sys.executable, "-m", "flask", "--app", "webapp", "predict", *map(str, paths)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return list(zip(paths, map(json.loads, answer.stdout.splitlines()), strict=True))


def _real_clips() -> list[Path]:
    folder = Path(os.environ.get("CORPORA_DIR", ROOT.parent / "shared" / "data"))
    manifest = folder / "ravdess" / "manifest.csv"
    if not manifest.is_file():
        return []
    with manifest.open(newline="") as rows:
        strong = [
            folder / row["path"]
            for row in csv.DictReader(rows)
            if row["emotion"] in ("neutral", "happy", "sad", "angry", "fearful")
            and row["take"] == "1"
        ]
    return sorted(strong)[:: max(1, len(strong) // CANDIDATES)]


def _margin(judgement: dict[str, Any]) -> float:
    first, second = sorted(judgement["probabilities"].values(), reverse=True)[:2]
    spoken = any(window["state"] != "silence" for window in judgement["timeline"])
    return float(first - second) if spoken else -1.0
