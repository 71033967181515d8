"""What the page says in Firefox, and what can be done, when the world is not as one wishes.

A lost server, an unplugged microphone and a plain refusal stand in test_firefox_page.py.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from tests.firefox.firefox import ALLOW, ASK, BLOCK, ELSEWHERE, Firefox
from tests.firefox.firefox_page import Page
from tests.firefox.pulse import Room
from tests.pages import COUNT_ASKED, HEARS, KEEP_AWAKE
from tests.servers import LiveClient, Server, serve
from tests.speech import Speech

Open = Callable[..., Page]

# When the first sound had been recorded, and when the page said that it listens.
FIRST_SOUND = """
    window.times = {};
    const note = (what) => { times[what] ??= performance.now(); };
    window.MediaRecorder = class extends MediaRecorder {
        constructor(...about) {
            super(...about);
            note("opened");
            this.addEventListener("dataavailable", ({data}) => { if (data.size) note("sound"); });
        } };
    addEventListener("DOMContentLoaded", () => {
        const { body } = document;
        new MutationObserver(() => { if (body.dataset.state === "recording") note("said"); })
            .observe(body, {attributeFilter: ["data-state"]}); });"""


@pytest.fixture(scope="module")
def small() -> Iterator[Server]:
    """A server with one place, that takes its time to go."""
    with serve({"MAX_SESSIONS": "1", "GRACEFUL_S": "20"}) as server:
        yield server


def result_s(page: Page) -> float:
    """Return how long the result says that the recording is."""
    return float(page.text("#result-from").split()[-2])


def test_a_first_visit_asks_for_nothing_and_says_what_to_do(open_page: Open) -> None:
    page = open_page(microphone=ASK, before=COUNT_ASKED)
    assert page.state == "idle"
    assert "Press Record" in page.text(".hero .lead")
    assert page.text("#state") == "Ready when you are."
    assert page.notice == ""
    # The one thing to do is on the first screen, and it is the greatest of all buttons.
    read = """() => [...document.querySelectorAll("button")].filter((b) => b.checkVisibility())
        .map((b) => [b.id, b.getBoundingClientRect()])
        .map(([id, box]) => ({id, area: box.width * box.height, bottom: box.bottom}))"""
    greatest = max(page.run(read), key=lambda button: button["area"])
    assert greatest["id"] == "record"
    assert greatest["bottom"] < 900
    assert page.run("() => asked") == 0


def test_while_the_browser_asks_the_page_says_so_and_the_answer_goes_on(
    open_page: Open, browser: Firefox
) -> None:
    page = open_page(microphone=ASK)
    page.click("#record")
    page.wait_state("asking")
    assert page.text("#state") == "Your browser asks for the microphone. Please allow it."
    assert page.is_shown("#cancel")
    browser.answer(page, ALLOW)
    page.wait_state("recording")
    page.hear_more()
    assert browser.listens(page)


def test_an_answer_to_the_browsers_question_that_comes_after_cancel_opens_no_microphone(
    open_page: Open, browser: Firefox
) -> None:
    page = open_page(microphone=ASK)
    page.click("#record")
    page.wait_state("asking")
    page.click("#cancel")
    page.wait_state("idle")
    browser.answer(page, ALLOW)
    time.sleep(0.5)
    assert page.state == "idle"
    assert page.text("#state") == "Ready when you are."
    assert not browser.listens(page)


def test_a_refusal_that_is_taken_back_is_noticed_and_the_same_button_records(
    open_page: Open, browser: Firefox
) -> None:
    page = open_page(microphone=ASK)
    page.click("#record")
    browser.answer(page, BLOCK)
    page.wait_state("error")
    assert "refused" in page.notice
    assert "Allow it for this page" in page.notice
    browser.decide(page, ALLOW)
    page.wait_state("idle")
    assert page.notice == ""
    assert page.text("#aside") == "The microphone is allowed now. Press Record."
    page.record()
    page.hear_more()


def test_a_permission_that_is_withdrawn_in_the_middle_ends_with_what_was_heard(
    open_page: Open, browser: Firefox, room: Room, speech: Speech
) -> None:
    page = open_page(microphone=ASK)
    page.click("#record")
    browser.answer(page, ALLOW)
    page.wait_state("recording")
    room.say(speech.wav)
    page.hear_more(state=HEARS)
    browser.withdraw(page)
    page.wait_state("result")
    assert "permission withdrawn" in page.notice
    assert page.count("#strip li")
    # Recording again asks again, and works.
    page.click("#record")
    page.wait_state("asking")
    browser.answer(page, ALLOW)
    page.wait_state("recording")
    page.hear_more()


def test_where_there_is_no_microphone_one_is_asked_for_and_then_it_records(
    open_page: Open, room: Room
) -> None:
    page = open_page()
    with room.bare():
        page.click("#record")
        page.wait_state("error")
        assert "No microphone was found" in page.notice
        assert "Plug one in and press Record again" in page.notice
    page.record()
    assert page.notice == ""
    page.hear_more()


def test_the_page_says_that_it_listens_only_when_the_microphone_hears(
    open_page: Open, room: Room
) -> None:
    page = open_page(before=FIRST_SOUND)
    with room.sluggish():
        page.record()
        page.wait(lambda: page.seconds > 0.5, "the clock stands still")
    page.stop()
    times = page.run("() => times")
    assert times["sound"] <= times["said"]
    assert page.seconds == pytest.approx(result_s(page), abs=0.3)


def test_an_insecure_address_is_named_before_the_first_click(
    open_page: Open, server: Server, speech: Speech
) -> None:
    page = open_page(server.url.replace("127.0.0.1", ELSEWHERE))
    assert not page.run("() => isSecureContext")
    assert "https://" in page.notice
    assert page.text("#state") == "Recording is not possible here. Files and sample clips are."
    page.click("#record")
    page.wait_state("error")
    assert "https://" in page.notice
    page.choose_file("#file", speech.path)
    page.wait_state("result")
    assert page.notice == ""


@pytest.mark.parametrize("part", ["MediaRecorder", "AudioContext"])
def test_a_browser_that_cannot_record_is_told_so_and_may_still_upload(
    open_page: Open, speech: Speech, part: str
) -> None:
    page = open_page(before=f"delete window.{part};")
    assert "Use a current Firefox, Chrome, Edge or Safari" in page.notice
    assert page.text("#state") == "Recording is not possible here. Files and sample clips are."
    page.choose_file("#file", speech.path)
    page.wait_state("result")
    assert page.values["winner"] == speech.judgement["emotion"]


def test_who_finds_no_place_waits_in_the_queue_and_is_let_in_by_itself(
    open_page: Open, small: Server
) -> None:
    page = open_page(small.url, before=COUNT_ASKED)
    with LiveClient(small.url) as other:
        assert other.start("audio/wav")["ok"]
        page.click("#record")
        page.wait_state("queued")
        assert page.text("#state") == "All places are taken. You are in the queue."
        assert page.notice == ""  # it is no error
        assert page.is_shown("#cancel")
        first = page.text("#wait-text")
        assert first.startswith("Trying again in ")
        page.wait(lambda: page.text("#wait-text") != first, "it does not count down")
        assert page.seconds == 0
    page.wait_state("recording", seconds=60)
    page.hear_more()
    assert page.run("() => asked") == 1
    page.stop()
    assert "interrupted" not in page.text("#result-beside")


def test_when_its_server_is_replaced_the_recording_moves_to_the_next_one(
    open_page: Open, small: Server, room: Room, speech: Speech
) -> None:
    page = open_page(small.url, may_complain=True)
    page.record()
    room.say(speech.wav)
    page.hear_more(state=HEARS)
    (old,) = small.workers
    os.kill(old, signal.SIGTERM)
    page.wait_state("reconnecting")
    assert "being replaced" in page.text("#state")
    stood = page.seconds
    page.wait_state("recording", seconds=30)
    assert old not in small.workers
    assert page.notice == ""
    page.hear_more()
    page.wait(lambda: page.seconds > stood + 0.5, "the clock did not go on")
    page.stop()
    assert result_s(page) == pytest.approx(page.seconds, abs=0.6)
    assert "interrupted once" in page.text("#result-beside")


def test_offline_is_said_and_the_recording_comes_back_with_the_network(
    open_page: Open, browser: Firefox, room: Room, speech: Speech
) -> None:
    page = open_page(may_complain=True)
    page.record()
    room.say(speech.wav)
    page.hear_more(state=HEARS)
    with browser.offline(page):
        page.wait_state("reconnecting")
        page.wait_text("#state", "You are offline.")
        assert page.is_shown("#stop")
        stood = page.seconds
    page.wait_state("recording")
    page.wait_text("#aside", "goes on")
    page.hear_more()
    page.wait(lambda: page.seconds > stood + 0.5, "the clock did not go on")
    page.stop()
    assert "interrupted once" in page.text("#result-beside")


def test_who_is_offline_from_the_start_is_told_so_and_told_when_it_is_over(
    open_page: Open, browser: Firefox
) -> None:
    page = open_page(may_complain=True)
    with browser.offline(page):
        page.click("#record")
        page.wait_state("error", seconds=30)
        assert "You are offline" in page.notice
    page.wait_state("idle")
    assert page.notice == ""
    assert page.text("#aside") == "You are online again. Press Record."
    page.record()


def test_in_the_background_the_recording_goes_on_and_the_screen_stays_awake_in_front(
    open_page: Open, browser: Firefox
) -> None:
    page = open_page(before=KEEP_AWAKE)
    title = page.run("() => document.title")

    def awake(locks: int) -> None:
        page.wait(lambda: page.run("() => locks.held") == locks, f"not {locks} locks on the screen")

    page.record()
    page.hear_more()
    awake(1)
    seconds, seq = page.seconds, int(page.values["seq"])
    with browser.page():
        page.wait(lambda: page.run("() => document.hidden"), "it is not in the background")
        awake(0)  # the browser lets go of it; the page asks again when it is in front again
        time.sleep(2)
        assert page.run("() => document.title") == f"● Recording – {title}"
        assert page.state == "recording"
        assert page.seconds > seconds + 1.5
        assert int(page.values["seq"]) > seq + 4  # four windows a second, seen or unseen
    awake(1)
    page.stop()
    awake(0)
    assert page.run("() => document.title") == title
    assert result_s(page) == pytest.approx(page.seconds, abs=0.6)
    assert "interrupted" not in page.text("#result-beside")
    assert not page.count("#strip .c-gap")


def test_a_locked_phone_that_stops_the_page_is_owned_up_to(
    open_page: Open, browser: Firefox, room: Room, speech: Speech
) -> None:
    page = open_page(may_complain=True)
    page.record()
    room.say(speech.wav)
    page.hear_more(state=HEARS)
    browser.sleep(page, 6.5)  # after six seconds without an answer it connects anew
    page.wait_text("#aside", "asleep for")
    assert "is missing" in page.text("#aside")
    page.wait_state("recording")
    page.hear_more()
    page.stop()
    assert "interrupted once" in page.text("#result-beside")
    assert page.count("#strip .c-gap") <= 1
