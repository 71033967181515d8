"""What every test may ask for: where the project is, and the real speech where there is some."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GROUPS = {
    "page": {"browser"},
    "server": {"benchmarks", "firefox", "hosts", "webapp"},
}
"""Folders whose tests mostly wait, for browsers and for real time, in two halves that take about as
long; all others compute. Within a group one test follows another."""
COMPUTING = "computing"
YIELDING = 10
"""How much those that compute give way to those that measure time (see nice(1))."""


def group_of(item: pytest.Item) -> str:
    folder = item.path.relative_to(ROOT / "tests").parts[0]
    return next((name for name, own in GROUPS.items() if folder in own), COMPUTING)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tell pytest-xdist which tests may go on beside which (`--dist loadgroup`)."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group_of(item)))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ and group_of(item) == COMPUTING:
        os.nice(max(0, YIELDING - os.nice(0)))


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real emotional speech (one folder a corpus, each with a manifest.csv)."""
    folder = Path(os.environ.get("CORPORA_DIR", ROOT.parent / "shared" / "data"))
    if not (folder / "ravdess" / "manifest.csv").is_file():
        pytest.skip("no corpora here: set CORPORA_DIR to a folder with ravdess/manifest.csv")
    return folder
