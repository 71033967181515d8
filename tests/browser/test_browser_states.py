"""What the page says, and what can be done, when the world around it is not as one wishes.

The queue, servers that stop and skipped moments stand in test_browser_crowd.py; a refused or
missing microphone, an insecure address and a browser without a recorder in test_browser_page.py.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from chromium import Page, audio_services, set_offline, set_permission
from servers import LiveClient, Server, serve
from speech import Speech

from tests.pages import COUNT_ASKED, KEEP_AWAKE

Open = Callable[..., Page]

# Headless, the browser has nobody to ask: here the visitor takes time, until `allow()`.
HESITATE = """
    const devices = navigator.mediaDevices;
    const ask = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wish) => {
      await new Promise((resolve) => { window.allow = resolve; });
      return ask(wish);
    };"""


def freeze(page: Page, seconds: float) -> None:
    """Freeze the page, as a phone does that is locked, and wake it up."""
    page.driver.execute_cdp_cmd("Page.setWebLifecycleState", {"state": "frozen"})
    time.sleep(seconds)
    page.driver.execute_cdp_cmd("Page.setWebLifecycleState", {"state": "active"})


def test_a_first_visit_asks_for_nothing_and_says_what_to_do(
    open_page: Open, server: Server, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav).before(COUNT_ASKED).open(server.url)
    assert page.state == "idle"
    assert "Press Record" in page.text(".hero .lead")
    assert page.text("#state") == "Ready when you are."
    assert page.find("#record").is_enabled()
    assert page.notice == ""
    # The one thing to do is on the first screen, and it is the greatest of all buttons.
    box = page.find("#record").rect
    assert box["y"] + box["height"] < 900
    areas = [b.size["width"] * b.size["height"] for b in page.all("button") if b.is_displayed()]
    assert max(areas) == box["width"] * box["height"]
    assert page.driver.execute_script("return asked") == 0


def test_while_the_browser_asks_the_page_says_so_and_the_answer_goes_on(
    open_page: Open, server: Server, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav).before(HESITATE).open(server.url)
    page.click("#record")
    page.wait_state("asking")
    assert page.text("#state") == "Your browser asks for the microphone. Please allow it."
    assert page.find("#cancel").is_displayed()
    page.driver.execute_script("allow()")
    page.wait_state("recording")


def test_an_answer_to_the_browsers_question_that_comes_after_cancel_opens_no_microphone(
    open_page: Open, server: Server, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav).before(HESITATE).open(server.url)
    page.click("#record")
    page.wait_state("asking")
    page.click("#cancel")
    page.wait_state("idle")
    page.driver.execute_script("allow()")
    page.driver.execute_async_script("setTimeout(arguments[0], 500)")
    assert page.state == "idle"
    assert page.text("#state") == "Ready when you are."


def test_a_refusal_that_is_taken_back_is_noticed_and_the_same_button_records(
    open_page: Open, server: Server, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav, permission="settable")
    set_permission(page.driver, "denied", server.url)
    page.click("#record")
    page.wait_state("error")
    assert "refused" in page.notice
    assert "Allow it for this page" in page.notice
    set_permission(page.driver, "granted", server.url)
    page.wait_state("idle")
    assert page.notice == ""
    assert page.text("#aside") == "The microphone is allowed now. Press Record."
    page.record()
    page.hear_more()


def test_a_permission_that_is_withdrawn_in_the_middle_ends_with_what_was_heard(
    open_page: Open, server: Server, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav, permission="settable")
    set_permission(page.driver, "granted", server.url)
    page.record()
    page.hear_more(state=("speech", "unsure"))
    set_permission(page.driver, "denied", server.url)
    page.wait_state("result")
    assert "permission withdrawn" in page.notice
    assert page.all("#strip li")
    # Recording again is refused, in words, and allowed again it works.
    page.click("#record")
    page.wait_state("error")
    assert "refused" in page.notice
    set_permission(page.driver, "granted", server.url)
    page.wait_state("idle")
    page.record()


def test_a_device_that_dies_while_recording_ends_with_what_was_heard(
    open_page: Open, speech: Speech
) -> None:
    # The browser itself notes the death of its device in the console.
    page = open_page(microphone=speech.wav, may_complain=True)
    page.record()
    page.hear_more(state=("speech", "unsure"))
    services = audio_services(page.driver)
    assert services, "this browser keeps its microphone elsewhere"
    for pid in services:
        os.kill(pid, signal.SIGKILL)
    page.wait_state("result")
    assert "unplugged" in page.notice
    assert page.all("#strip li")
    page.record()  # plugged in again: the browser has begun another audio service
    page.hear_more()


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


def test_a_server_that_is_being_replaced_when_recording_begins_is_waited_for(
    open_page: Open, speech: Speech
) -> None:
    with serve({"GRACEFUL_S": "20"}) as server:
        page = open_page(server.url, microphone=speech.wav, may_complain=True)
        page.before(HESITATE).open(server.url)
        with LiveClient(server.url) as other:
            assert other.start("audio/wav")["ok"]  # whose recording keeps the old worker alive
            page.click("#record")
            page.wait_state("asking")  # and connected meanwhile
            os.kill(server.workers[0], signal.SIGTERM)
            time.sleep(1)
            page.driver.execute_script("allow()")
            page.wait_state("queued", "recording")
            if page.state == "queued":
                assert "You keep your turn" in page.text("#state") or "queue" in page.text("#state")
                assert page.text("#wait-text").startswith("Trying ")
                assert page.find("#cancel").is_displayed()
            other.stop()
        page.wait_state("recording", seconds=60)
        page.hear_more()


def test_a_screen_reader_is_told_of_states_and_winners_and_not_of_every_window(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav, loop=False)
    page.driver.execute_script(
        """
        window.said = [];
        const region = document.getElementById('announcer');
        new MutationObserver(() => said.push(region.textContent)).observe(region, {
          childList: true, characterData: true, subtree: true});
        window.windows = 0;
        new MutationObserver(() => { windows += 1; }).observe(
          document.getElementById('values'), {attributeFilter: ['data-seq']});
        """
    )
    page.record()
    page.wait(
        lambda: page.values["state"] == "silence" and page.seconds > speech.seconds + 2,
        "no silence after the speech",
        seconds=speech.seconds + 20,
    )
    said = page.driver.execute_script("return said")
    windows = page.driver.execute_script("return windows")
    assert windows > 12
    winner = speech.judgement["emotion"]
    assert f"Your voice sounds {winner}" in said
    assert all(one != other for one, other in pairwise(said)), said
    assert len(said) < windows / 3, said
    # No other live region changes with every window.
    regions = page.driver.execute_script(
        "return [...document.querySelectorAll('[aria-live], [role=status], [role=alert]')]"
        ".map((region) => region.id)"
    )
    assert "state" not in regions
    assert "headline" not in regions


def test_where_nothing_can_be_recorded_the_page_does_not_call_itself_ready(
    open_page: Open, server: Server
) -> None:
    page = open_page().before("delete window.MediaRecorder;").open(server.url)
    assert "Use a current Firefox, Chrome, Edge or Safari" in page.notice
    assert page.text("#state") == "Recording is not possible here. Files and sample clips are."
    assert page.find("#file").is_enabled()
