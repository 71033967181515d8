"""The reading that teaches an ordinary voice: what it hears, what it changes, and off again."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable
from pathlib import Path

from chromium import Page
from selenium.webdriver.common.keys import Keys
from shown import SECTIONS, with_sections
from speech import RATE, Speech
from tap import TAP, js, press, starts

Open = Callable[..., Page]
READING = "#reading-part"


def test_a_calibration_is_used_by_the_next_recording_tells_what_it_changed_and_goes_off_again(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav)
    page.driver.execute_script(TAP)
    page.click("#teach")
    dialog = page.find("#voice-dialog")
    assert "North Wind" in dialog.text
    assert "nothing of it is stored on the server" in dialog.text
    assert not page.find("#voice-teaching").is_displayed()  # the cards come after the reading
    page.click("#reading-begin")

    def told() -> str:
        return str(page.data(READING, "state"))

    page.wait(lambda: told() == "listening", "it does not listen")
    turn = page.find("#reading-turn")
    page.wait(lambda: float(turn.get_attribute("aria-valuenow") or 0) > 2, "no speech is counted")
    page.wait(lambda: told() in ("done", "short", "failed"), "it does not end", seconds=45)
    assert told() == "done", dialog.text
    rows = [row.text for row in page.all("#reading-change tbody tr")]
    assert len(rows) == 5
    assert all(row.count("%") == 2 for row in rows)
    sentence = page.text("#reading-state")
    assert "those ten seconds" in sentence
    assert starts(page)[-1]["calibrate"] is True
    assert js(page, "tracks.at(-1).readyState") == "ended"
    assert page.find("#voice-teaching").is_displayed()
    assert page.count("#voice-cards .voice-card") == 5
    card = page.text("[data-emotion=neutral].voice-card")
    assert "Your reading" in card
    assert "Knows your neutral voice" in card
    page.click("#voice-close")
    assert not dialog.is_displayed()
    assert sentence in page.text("#voice-note")
    assert "of your speech it knows your ordinary voice" in page.text("#voice-note")

    kept = json.loads(js(page, "sessionStorage.getItem('voice')"))["reading"]["speaker"]
    assert js(page, "localStorage.getItem('voice')") is None
    page.record()
    page.hear_more(state=("speech", "unsure"))
    assert starts(page)[-1]["speaker"] == kept
    assert page.find("#voice-switch").is_enabled() is False  # a recording keeps what it began with
    assert not page.find("#teach").is_displayed()
    page.stop()

    page.click("#voice-switch")
    assert "Switched off" in page.text("#voice-note")
    page.record()
    page.hear_more()
    assert "speaker" not in starts(page)[-1]
    page.stop()

    page.click("#voice-switch")
    page.click("#teach")
    page.press(page.all(".take-item button")[1])  # Remove
    page.click("#voice-close")
    assert js(page, "sessionStorage.getItem('voice')") is None
    assert not page.find("#voice-switch").is_displayed()


def test_a_calibration_that_the_server_does_not_know_is_dropped_and_the_recording_goes_on(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav)
    kept = json.dumps({"on": True, "reading": {"speaker": "AAAA", "speech_s": 8, "change": None}})
    page.driver.execute_script("sessionStorage.setItem('voice', arguments[0])", kept)
    page.driver.refresh()
    page.wait(lambda: page.body("ready") == "true", "the page did not become ready")
    assert page.find("#voice-switch").is_displayed()
    page.driver.execute_script(TAP)
    page.record()
    page.hear_more()
    assert ["speaker" in start for start in starts(page)] == [True, False]
    assert "does not know this voice profile" in page.text("#voice-note")
    assert js(page, "sessionStorage.getItem('voice')") is None


def test_a_calibration_can_be_cancelled_and_then_leaves_nothing(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav)
    page.driver.execute_script(TAP)
    page.click("#teach")
    page.click("#reading-begin")
    page.wait(lambda: page.data(READING, "state") == "listening", "it does not listen")
    press(page, Keys.ESCAPE)
    page.wait(lambda: not page.find("#voice-dialog").is_displayed(), "it does not close")
    assert js(page, "tracks.at(-1).readyState") == "ended"
    assert js(page, "sessionStorage.getItem('voice')") is None
    assert page.state == "idle"
    page.record()
    page.hear_more()
    assert "speaker" not in starts(page)[-1]


def test_the_dialog_says_how_much_a_calibration_helps_only_where_the_report_does(
    open_page: Open,
) -> None:
    page = with_sections(open_page())
    page.click("#teach")
    assert "ordinary, calm voice" in page.find("#reading-text").text
    assert "from 70 % to 83 %" in page.find("#reading-help").text
    assert "52 % are judged right instead of 47 %" in page.find("#reading-help").text
    page = with_sections(open_page(), dict.fromkeys(SECTIONS))
    page.click("#teach")
    assert page.find("#voice-dialog").is_displayed()
    assert not page.find("#reading-help").is_displayed()


def test_who_says_nothing_is_not_calibrated(open_page: Open, tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "silence.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(bytes(2 * RATE))
    page = open_page(microphone=tmp_path / "silence.wav")
    page.click("#teach")
    page.click("#reading-begin")
    page.wait(lambda: page.data(READING, "state") == "short", "nothing is told", seconds=30)
    assert "too little was speech" in page.text("#reading-state")
    assert page.find("#reading-begin").text == "Try again"
    page.click("#voice-close")
    assert page.find("#voice-switch").is_displayed() is False


def test_a_refused_microphone_is_told_in_the_calibration_too(open_page: Open) -> None:
    page = open_page(permission="refused")
    page.click("#teach")
    page.click("#reading-begin")
    page.wait(lambda: page.data(READING, "state") == "failed", "nothing is told")
    assert "was refused" in page.text("#reading-state")
    assert page.state == "idle"
