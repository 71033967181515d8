"""The page where many speak at once: the queue, servers that go, and moments that are skipped."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from chromium import Page
from selenium.webdriver.common.keys import Keys
from servers import LiveClient, serve
from shown import (
    LOUDNESS,
    played,
    wait_drawn,
)
from speech import Speech

from tests.pages import COUNT_ASKED

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., Page]


def test_who_finds_no_place_waits_in_the_queue_and_is_let_in_by_itself(
    open_page: Open, speech: Speech
) -> None:
    with serve({"MAX_SESSIONS": "1"}) as full:
        page = open_page(full.url, microphone=speech.wav).before(COUNT_ASKED).open(full.url)
        with LiveClient(full.url) as other:
            assert other.start("audio/wav")["ok"]
            page.click("#record")
            page.wait_state("queued")
            assert page.text("#state") == "All places are taken. You are in the queue."
            assert page.notice == ""  # it is no error
            first = page.text("#wait-text")
            assert first.startswith("Trying again in ")
            page.wait(lambda: page.text("#wait-text") != first, "it does not count down")
            assert page.text("#wait-text").startswith("Trying again in ")
            assert page.seconds == 0
        page.wait_state("recording", seconds=60)
        page.hear_more(state=("speech", "unsure"))
        assert page.driver.execute_script("return asked") == 1
        assert not page.find("#wait").is_displayed()
        page.stop()
        assert "interrupted" not in page.text("#result-beside")


@pytest.mark.parametrize("way", ["button", "key"])
def test_the_queue_can_be_left(open_page: Open, speech: Speech, way: str) -> None:
    with serve({"MAX_SESSIONS": "1"}) as full, LiveClient(full.url) as other:
        assert other.start("audio/wav")["ok"]
        page = open_page(full.url, microphone=speech.wav)
        page.find("#record").send_keys(Keys.ENTER)
        page.wait_state("queued")
        focused = page.driver.switch_to.active_element
        assert focused.get_attribute("id") == "cancel"
        if way == "button":
            focused.send_keys(Keys.ENTER)
        else:
            focused.send_keys(Keys.ESCAPE)
        page.wait_state("idle")
        assert page.driver.switch_to.active_element.get_attribute("id") == "record"
        # And it has been left for good: the place that is free now stays free.
        other.stop()
        time.sleep(1)
        assert page.state == "idle"
        assert other.start("audio/wav")["ok"]


def test_when_its_worker_is_killed_the_recording_is_back_within_five_seconds(
    open_page: Open, speech: Speech
) -> None:
    with serve() as server:
        page = open_page(server.url, microphone=speech.wav, may_complain=True)
        page.record()
        page.hear_more(state=("speech", "unsure"))
        stood = page.seconds
        began = time.monotonic()
        os.kill(server.workers[0], signal.SIGKILL)
        page.wait_state("reconnecting")
        # The new worker's own start is in it, on a machine that may be busy with other tests.
        page.wait_state("recording", seconds=15)
        gone_s = time.monotonic() - began
        page.wait(lambda: "goes on" in page.text("#aside"), "no word of it")
        page.hear_more(state=("speech", "unsure"))
        page.wait(lambda: page.seconds > stood + 1, "the clock did not go on")
        page.stop()
        assert "interrupted once" in page.text("#result-beside")
        print(f"back after {gone_s:.1f} s")


def test_when_its_server_stops_the_recording_moves_to_the_next_one(
    open_page: Open, speech: Speech
) -> None:
    with serve({"GRACEFUL_S": "20"}) as server:
        page = open_page(server.url, microphone=speech.wav, may_complain=True)
        page.record()
        page.hear_more(state=("speech", "unsure"))
        page.wait(lambda: page.seconds > 2, "the clock stands still")
        (old,) = server.workers
        began = time.monotonic()
        os.kill(old, signal.SIGTERM)  # the master begins another when this one has gone
        page.wait_state("reconnecting")
        assert "being replaced" in page.text("#state")
        stood = page.seconds
        page.wait_state("recording", seconds=20)
        print(f"moved after {time.monotonic() - began:.1f} s")
        assert old not in server.workers  # it need not have waited for this recording
        assert page.notice == ""
        page.hear_more(state=("speech", "unsure"))
        page.wait(lambda: page.seconds > stood + 1, "the clock did not go on")
        page.stop()
        # One result for both parts.
        assert float(page.text("#result-from").split()[-2]) == pytest.approx(page.seconds, abs=0.6)
        told = [item.get_attribute("data-seconds") for item in page.all("#totals li")]
        assert sum(float(s or 0) for s in told) == pytest.approx(page.seconds, abs=0.6)
        assert "interrupted once" in page.text("#result-beside")


def test_a_server_that_stops_while_the_recording_is_paused_is_replaced_on_resume(
    open_page: Open, speech: Speech
) -> None:
    with serve({"GRACEFUL_S": "20"}) as server:
        page = open_page(server.url, microphone=speech.wav, may_complain=True)
        page.record()
        page.hear_more()
        page.click("#pause")
        page.wait_state("paused")
        os.kill(server.workers[0], signal.SIGTERM)
        page.wait(lambda: "renewed when you resume" in page.text("#state"), "nothing is said")
        page.click("#resume")
        page.wait_state("recording", seconds=20)
        page.hear_more(state=("speech", "unsure"))
        page.stop()
        assert "interrupted" not in page.text("#result-beside")  # nothing was said meanwhile


@pytest.mark.skipif(not (ROOT / "webapp" / "pace.py").is_file(), reason="this server skips nothing")
def test_moments_that_a_busy_server_skips_are_a_quiet_word(open_page: Open, speech: Speech) -> None:
    with serve() as server:
        page = open_page(server.url, microphone=speech.wav)
        page.record()
        page.hear_more(state=("speech", "unsure"))
        os.kill(server.workers[0], signal.SIGSTOP)  # two seconds of sound wait for it meanwhile
        try:
            time.sleep(2)
        finally:
            os.kill(server.workers[0], signal.SIGCONT)
        page.wait(lambda: "skipped" in page.text("#aside"), "nothing is said")
        assert page.state == "recording"
        assert page.notice == ""
        page.wait(lambda: page.text("#aside") == "", "the word stays for ever", seconds=30)
        page.hear_more(state=("speech", "unsure"))
        page.stop()


def test_who_is_long_without_a_server_is_told_so_and_keeps_what_was_heard(
    open_page: Open, speech: Speech
) -> None:
    with serve() as server:
        page = open_page(server.url, microphone=speech.wav, may_complain=True)
        page.record()
        page.hear_more(state=("speech", "unsure"))
    page.wait_state("stranded", seconds=40)
    assert "does not answer" in page.text("#state")
    page.click("#again")
    page.wait_state("reconnecting")
    page.stop()
    assert page.all("#strip li")
    assert sum(page.values["shares"].values()) == pytest.approx(1, abs=1e-3)


def test_a_place_that_was_lost_with_the_connection_is_waited_for_and_nothing_is_lost_with_it(
    open_page: Open, speech: Speech
) -> None:
    with serve({"MAX_SESSIONS": "1"}) as server:
        page = open_page(server.url, microphone=speech.wav, may_complain=True)
        page.record()
        page.hear_more(state=("speech", "unsure"))
        page.driver.execute_cdp_cmd("Network.enable", {})
        page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*socket.io/?*"]})
        page.driver.execute_script("dispatchEvent(new Event('offline'))")
        page.wait_state("reconnecting")
        stood = page.seconds
        with LiveClient(server.url) as other:
            page.wait(lambda: other.start("audio/wav")["ok"], "the place is not given back")
            page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
            page.wait(lambda: "all places are taken" in page.text("#state"), "no queue")
            assert page.state == "reconnecting"
            assert page.text("#wait-text").startswith("Trying again in ")
            assert page.find("#stop").is_displayed()
        page.wait_state("recording", seconds=60)
        page.hear_more(state=("speech", "unsure"))
        page.stop()
        assert page.seconds > stood
        assert "interrupted once" in page.text("#result-beside")


def test_a_recording_that_lost_its_connection_is_played_as_one(
    open_keeping: Open, speech: Speech
) -> None:
    page = open_keeping(microphone=speech.wav)
    page.record()
    page.wait(lambda: page.seconds > 2, "the clock stands still")
    page.driver.execute_script("dispatchEvent(new Event('offline'))")  # renews the connection
    page.wait_state("reconnecting")
    page.wait_state("recording")
    between = page.seconds
    page.wait(lambda: page.seconds > between + 2, "the clock does not go on")
    page.stop()
    wait_drawn(page)
    assert "interrupted once" in page.text("#result-beside")
    sound = page.driver.execute_async_script(LOUDNESS)
    assert sound["seconds"] == pytest.approx(page.seconds, abs=0.6)
    cut = round(between * 10)
    assert max(sound["blocks"][:cut]) > 0.05
    assert max(sound["blocks"][cut + 3 :]) > 0.05
    page.driver.execute_script(
        "document.getElementById('playback').currentTime = arguments[0]", between
    )
    page.click("#play")
    page.wait(lambda: played(page) > between + 0.5, "the second part does not play")
