"""The page in a real browser, behind nginx with TLS: it survives the host that it was on."""

from __future__ import annotations

import os
import time

import pytest

from tests.browser import chromium
from tests.hosts.cluster import until
from tests.speech import write_wav

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        bool(chromium.missing()) and not os.environ.get("CI"), reason=str(chromium.missing())
    ),
]


@pytest.fixture
def page(behind_nginx, root, tmp_path):
    speech = tmp_path / "speech.wav"
    write_wav(root / "tests/fixtures/mediarecorder/sel_speech_250.bin", speech)
    driver = chromium.launch(microphone=speech, flags=("--ignore-certificate-errors",))
    yield chromium.Page(driver).open(behind_nginx.url)
    driver.quit()


def host_of_page(hosts):
    """Return the host that takes its recording; None while there is none."""
    alive = [host for host in hosts if host.server.process.poll() is None]
    return next((host for host in alive if host.recordings()), None)


def test_the_page_goes_on_by_itself_when_its_host_is_killed_and_when_one_stops(page, behind_nginx):
    page.record()
    page.hear_more()
    killed = host_of_page(behind_nginx.hosts)
    at = time.monotonic()
    killed.kill()
    others = [host for host in behind_nginx.hosts if host is not killed]
    until(lambda: host_of_page(others), "it records on another host")
    assert time.monotonic() - at < 5
    page.wait_state("recording")
    page.hear_more()

    stopping = host_of_page(others)
    (last,) = (host for host in others if host is not stopping)
    stopping.terminate()
    until(lambda: host_of_page([last]), "it records on the last host")
    page.wait_state("recording")
    page.hear_more()
    assert stopping.server.process.wait(10) == 0
    page.stop()
