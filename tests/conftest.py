"""What every test may ask for: where the project is, and the real speech where there is some."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


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
