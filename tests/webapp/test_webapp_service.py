"""deploy/speech-emotion.service: systemd understands it, and it starts and stops as it should."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess

import pytest

from tests.servers import ROOT
from webapp.settings import Settings

UNIT = (ROOT / "deploy" / "speech-emotion.service").read_text()
FOLDER = "/srv/speech-emotion"


@pytest.fixture
def service():
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(UNIT)
    return parser["Service"]


def test_systemd_understands_it(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze on this machine")
    unit = tmp_path / "speech-emotion.service"
    unit.write_text(UNIT.replace(FOLDER, str(ROOT)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )
    assert not [line for line in done.stderr.splitlines() if unit.name in line]


def test_it_starts_what_make_serve_starts(service):
    command = service["ExecStart"].removeprefix(f"{FOLDER}/")
    assert f"@exec {command}\n" in (ROOT / "Makefile").read_text()


def test_systemd_waits_longer_than_a_server_takes_to_stop(service):
    assert int(service["TimeoutStopSec"]) > Settings().graceful_s + 2
    assert service["KillMode"] == "mixed"  # otherwise workers would be told twice


@pytest.mark.skipif(
    not (hasattr(Settings, "redis_url") and hasattr(Settings, "trusted_proxies")),
    reason="there are no settings for several hosts yet",
)
def test_the_settings_that_it_shows_can_be_used():
    shown = dict(re.findall(r"^#   ([A-Z_]+)=(.+)$", UNIT, flags=re.MULTILINE))
    assert {name.lower() for name in shown} <= set(Settings.__dataclass_fields__)
    assert Settings.from_environment(shown) != Settings()
