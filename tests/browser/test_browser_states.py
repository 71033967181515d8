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

from chromium import Page, audio_services, set_permission
from servers import LiveClient, Server, serve
from speech import Speech
from tap import HESITATE

from tests.pages import COUNT_ASKED

Open = Callable[..., Page]


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
    page.run("() => allow()")
    page.wait_state("recording")


def test_an_answer_to_the_browsers_question_that_comes_after_cancel_opens_no_microphone(
    open_page: Open, server: Server, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav).before(HESITATE).open(server.url)
    page.click("#record")
    page.wait_state("asking")
    page.click("#cancel")
    page.wait_state("idle")
    page.run("() => allow()")
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
            page.run("() => allow()")
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
