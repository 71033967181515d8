"""What the page does when the world around it moves: no network, another tab, sleep, leaving."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from chromium import Page, set_offline
from servers import Server
from speech import Speech

from tests.pages import KEEP_AWAKE

Open = Callable[..., Page]


def freeze(page: Page, seconds: float) -> None:
    """Freeze the page, as a phone does that is locked, and wake it up."""
    page.driver.execute_cdp_cmd("Page.setWebLifecycleState", {"state": "frozen"})
    time.sleep(seconds)
    page.driver.execute_cdp_cmd("Page.setWebLifecycleState", {"state": "active"})


def test_offline_is_said_and_the_recording_comes_back_with_the_network(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav, may_complain=True)
    page.record()
    page.hear_more(state=("speech", "unsure"))
    set_offline(page.driver, True)
    page.wait_state("reconnecting")
    page.wait_text("#state", "You are offline.")
    assert page.find("#stop").is_displayed()
    stood = page.seconds
    set_offline(page.driver, False)
    page.wait_state("recording")
    page.wait_text("#aside", "goes on")
    page.wait(lambda: page.seconds > stood + 1, "the clock did not go on")
    page.hear_more(state=("speech", "unsure"))
    page.stop()
    assert "interrupted once" in page.text("#result-beside")


def test_who_stops_while_offline_keeps_what_was_heard(open_page: Open, speech: Speech) -> None:
    page = open_page(microphone=speech.wav, may_complain=True)
    page.record()
    page.hear_more(state=("speech", "unsure"))
    set_offline(page.driver, True)
    page.wait_state("reconnecting")
    page.stop()
    assert page.all("#strip li")
    assert sum(page.values["shares"].values()) == pytest.approx(1, abs=1e-3)


def test_who_is_offline_from_the_start_is_told_so_and_told_when_it_is_over(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav, may_complain=True)
    set_offline(page.driver, True)
    page.click("#record")
    page.wait_state("error", seconds=30)
    assert "You are offline" in page.notice
    set_offline(page.driver, False)
    page.wait_state("idle")
    assert page.notice == ""
    assert page.text("#aside") == "You are online again. Press Record."
    page.record()


def test_in_the_background_the_recording_goes_on_and_the_tab_says_so(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav)
    title = page.driver.title
    page.record()
    page.hear_more()
    here = page.driver.current_window_handle
    seconds, seq = page.seconds, int(page.values["seq"])
    page.driver.switch_to.new_window("tab")
    time.sleep(5)
    titles = page.driver.execute_cdp_cmd("Target.getTargets", {})["targetInfos"]
    assert any(tab["title"] == f"● Recording – {title}" for tab in titles)
    page.driver.switch_to.window(here)
    assert page.state == "recording"
    page.wait(lambda: page.seconds > seconds + 4.5, "the clock stood still")
    assert int(page.values["seq"]) > seq + 10  # four windows a second, seen or unseen
    page.stop()
    assert page.driver.title == title
    assert "interrupted" not in page.text("#result-beside")
    assert not page.all("#strip .c-gap")


def test_a_locked_phone_that_freezes_the_page_is_owned_up_to(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav, may_complain=True)
    page.record()
    page.hear_more(state=("speech", "unsure"))
    stood = page.seconds
    freeze(page, 10)
    page.wait_text("#aside", "asleep for")
    assert "is missing" in page.text("#aside")
    page.wait_state("recording")
    page.hear_more(state=("speech", "unsure"))
    page.wait(lambda: page.seconds > stood + 1, "the clock did not go on")
    page.stop()
    assert "interrupted once" in page.text("#result-beside")
    gaps = [str(item.get_attribute("title")) for item in page.all("#strip .c-gap")]
    assert len(gaps) <= 1  # drawn as not judged, where the clock had gone on


def test_the_screen_is_kept_awake_while_recording_only(
    open_page: Open, server: Server, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav).before(KEEP_AWAKE).open(server.url)

    def held() -> int:
        return int(page.driver.execute_script("return locks.held"))

    assert held() == 0
    page.record()
    page.wait(lambda: held() == 1, "the screen may go dark")
    # Another tab takes the lock away; it is asked for again when this one is back.
    here = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    page.driver.close()
    page.driver.switch_to.window(here)
    page.wait(lambda: held() == 1, "the screen may go dark after another tab was open")
    assert page.driver.execute_script("return locks.asked") >= 1
    page.stop()
    page.wait(lambda: held() == 0, "the screen stays awake for nothing")


def test_who_leaves_in_the_middle_of_a_recording_is_asked_and_else_nobody(
    open_page: Open, server: Server, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav)

    def asked() -> str | None:
        """Leave and come back; return whether the page wished for the browser's question.

        The driver answers that itself, and lets the page go.
        """
        page.run(
            """() => addEventListener("beforeunload", (event) => {
                sessionStorage.setItem("asked", event.defaultPrevented); })"""
        )
        page.open(server.url)
        return page.run("() => sessionStorage.getItem('asked')")

    page.click("#help-open")  # who has pressed nothing is asked by no browser
    page.click("#help-close")
    assert asked() == "false"
    page.record()
    page.hear_more()
    assert asked() == "true"
    page.record()
    page.hear_more()
    page.click("#pause")
    page.wait_state("paused")
    assert asked() == "true"
    page.record()
    page.hear_more()
    page.stop()
    assert asked() == "false"  # a result was seen, and can be saved
