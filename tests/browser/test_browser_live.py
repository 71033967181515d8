"""Around a recording: keys, microphones, level, the last moments, and the calibration."""

from __future__ import annotations

import json
import re
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import chromium
import numpy as np
import pytest
from chromium import Page, resize
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from speech import Speech

Open = Callable[..., Page]
SEVERAL = ("--use-fake-device-for-media-stream=device-count=2",)
TREATMENTS = ("echoCancellation", "noiseSuppression", "autoGainControl")

# Notes what the page asks the browser for, and what it sends; both still happen.
TAP = """
    window.asked = [];
    window.tracks = [];
    window.sent = [];
    const media = navigator.mediaDevices;
    const ask = media.getUserMedia.bind(media);
    media.getUserMedia = async (wish) => {
      asked.push(wish);
      const stream = await ask(wish);
      tracks.push(stream.getAudioTracks()[0]);
      return stream;
    };
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) {
      if (typeof data === 'string') sent.push(data);
      return send.call(this, data);
    };"""


def js(page: Page, script: str) -> Any:
    return page.driver.execute_script(f"return {script}")


def press(page: Page, key: str) -> None:
    ActionChains(page.driver).send_keys(key).perform()


def settings(page: Page) -> dict[str, Any]:
    """Return what the browser does with the newest microphone."""
    return dict(js(page, "tracks.at(-1).getSettings()"))


def starts(page: Page) -> list[dict[str, Any]]:
    """Return what each start of a recording carried."""
    found = [line[line.index("[") :] for line in js(page, "sent") if '"start"' in line]
    return [json.loads(line)[1] for line in found]


def open_panel(page: Page) -> None:
    if not page.find(".tools details").get_property("open"):
        page.press(page.find(".tools summary"))


def scaled(source: Path, target: Path, gain: float) -> Path:
    """Write a WAV louder or quieter, cut off where it does not fit."""
    with wave.open(str(source)) as clip:
        shape = clip.getparams()
        samples = np.frombuffer(clip.readframes(shape.nframes), "<i2").astype(np.float64)
    samples = np.clip(samples / np.abs(samples).max() * 32767 * gain, -32768, 32767)
    with wave.open(str(target), "wb") as out:
        out.setparams(shape)
        out.writeframes(samples.astype("<i2").tobytes())
    return target


def test_a_recording_is_made_paused_resumed_and_stopped_by_single_keys(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav)
    assert page.find("#record").get_attribute("aria-keyshortcuts") == "R"
    press(page, "r")
    page.wait_state("recording")
    page.hear_more()
    press(page, "p")
    page.wait_state("paused")
    press(page, "P")
    page.wait_state("recording")
    ActionChains(page.driver).key_down(Keys.ALT).send_keys("s").key_up(Keys.ALT).perform()
    page.hear_more()
    assert page.state == "recording"  # with a modifier it is the browser's own
    press(page, "s")
    page.wait_state("result")


def test_keys_are_explained_and_switched_off_in_the_help_and_that_is_remembered(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav)
    press(page, "?")
    assert page.find("#help").is_displayed()
    for key in ("R", "P", "S", "?", "Esc"):
        assert key in page.find("#help table").text
    press(page, "r")  # not while a dialog is open
    press(page, Keys.ESCAPE)
    assert not page.find("#help").is_displayed()
    assert page.state == "idle"

    page.click("#help-open")
    page.click("#help-keys")
    page.click("#help-close")
    press(page, "r")
    press(page, "?")
    assert page.state == "idle"
    assert not page.find("#help").is_displayed()
    assert page.find("#record").get_attribute("aria-keyshortcuts") is None

    page.driver.refresh()
    page.wait(lambda: page.body("ready") == "true", "the page did not become ready")
    press(page, "r")
    assert page.state == "idle"
    page.click("#help-open")
    assert page.find("#help-keys").is_selected() is False
    page.click("#help-keys")
    page.click("#help-close")
    press(page, "r")
    page.wait_state("recording")


def test_who_types_in_a_field_presses_no_button(open_page: Open, speech: Speech) -> None:
    page = open_page(microphone=speech.wav, flags=SEVERAL)
    page.record()
    open_panel(page)
    page.wait(lambda: page.find("#device").is_displayed(), "no choice of microphones")
    page.driver.execute_script("document.getElementById('device').focus()")
    press(page, "s")
    page.hear_more()
    assert page.state == "recording"
    page.stop()


def test_of_several_microphones_one_is_chosen_and_kept_for_the_tab(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav, flags=SEVERAL)
    page.driver.execute_script(TAP)
    page.record()
    open_panel(page)
    page.wait(lambda: page.find("#device-field").is_displayed(), "no choice of microphones")
    options = page.all("#device option")
    assert len(options) >= 3
    assert "deviceId" not in js(page, "asked[0].audio")
    chosen = options[-1]
    chosen_id, name = str(chosen.get_attribute("value")), chosen.text
    chosen.click()
    assert "next recording" in page.text("#device-note")
    page.hear_more()
    page.stop()

    page.record()
    assert settings(page)["deviceId"] == chosen_id
    assert js(page, "tracks.at(-1).label") == name
    page.hear_more()
    page.stop()

    page.driver.refresh()
    page.wait(lambda: page.body("ready") == "true", "the page did not become ready")
    page.driver.execute_script(TAP)
    page.record()
    assert settings(page)["deviceId"] == chosen_id


def test_a_chosen_microphone_that_is_gone_is_replaced_and_that_is_told(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav, flags=SEVERAL)
    kept = json.dumps({"device": "unplugged-since"})
    page.driver.execute_script("sessionStorage.setItem('microphone', arguments[0])", kept)
    page.driver.refresh()
    page.wait(lambda: page.body("ready") == "true", "the page did not become ready")
    page.wait(lambda: "is gone" in page.text("#device-note"), "nothing is told")
    assert page.find("#device").get_property("value") == ""
    page.record()
    page.hear_more()
    page.stop()

    # Where the names are hidden until asked, only the browser's refusal tells.
    script = """
        const done = arguments[0];
        import('/static/js/microphone.js').then(async ({ Microphone }) => {
          const microphone = await Microphone.open(() => {}, { device: 'unplugged-since' });
          done(microphone.stream.getAudioTracks()[0].readyState);
          microphone.close();
        });"""
    assert page.driver.execute_async_script(script) == "live"


def test_names_that_the_browser_hides_make_no_choice(open_page: Open) -> None:
    page = open_page(permission="refused", flags=SEVERAL)
    open_panel(page)
    assert page.find('[data-treatment="noiseSuppression"]').is_displayed()
    assert not page.find("#device-field").is_displayed()


def test_nothing_is_done_to_the_sound_unless_it_is_switched_on(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav)
    page.driver.execute_script(TAP)
    page.record()
    for name in TREATMENTS:
        assert js(page, f"asked[0].audio.{name}") is False
        assert settings(page)[name] is False
    open_panel(page)
    toggle = page.find('[data-treatment="noiseSuppression"]')
    page.press(toggle)
    assert toggle.get_attribute("aria-checked") == "true"
    page.wait(lambda: page.text("#device-note"), "nothing is told of the change")
    now = settings(page)["noiseSuppression"]
    assert ("from now on" in page.text("#device-note")) is now  # it tells the truth
    page.hear_more()
    page.stop()

    page.press(page.find('[data-treatment="autoGainControl"]'))
    page.record()
    found = settings(page)
    assert [found[name] for name in TREATMENTS] == [False, True, True]


@pytest.mark.parametrize(("gain", "hint"), [(0.004, "quiet"), (8.0, "loud")])
def test_speech_that_is_too_quiet_or_too_loud_is_told_so(
    open_page: Open, speech: Speech, tmp_path: Path, gain: float, hint: str
) -> None:
    page = open_page(microphone=scaled(speech.wav, tmp_path / "scaled.wav", gain))
    page.record()
    line = page.find("#level-hint")
    assert line.get_attribute("aria-live") == "polite"
    page.wait(lambda: line.get_attribute("data-hint") == hint, f"no hint that it is {hint}")
    assert line.is_displayed()
    assert {"quiet": "Very quiet", "loud": "Too loud"}[hint] in line.text
    page.stop()
    assert line.get_attribute("data-hint") == ""


def test_ordinary_speech_moves_the_level_and_gets_no_hint(open_page: Open, speech: Speech) -> None:
    page = open_page(microphone=speech.wav)
    page.record()
    script = "document.getElementById('level').value"
    page.wait(lambda: js(page, script) > -35, "the level does not move")
    hints = set()
    while page.seconds < 5:
        hints.add(page.find("#level-hint").get_attribute("data-hint"))
        time.sleep(0.1)
    assert hints == {""}


def test_the_last_moments_grow_as_areas_and_silence_is_drawn_as_such(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav, loop=False)
    assert not page.find("#areas").is_displayed()
    page.record()
    picture = page.find("#areas-picture")

    def points() -> int:
        return int(picture.get_attribute("data-points") or 0)

    page.wait(lambda: points() > 4, "no areas")
    few = points()
    page.wait(lambda: points() > few + 4, "the areas do not grow")
    page.wait(lambda: page.values["state"] == "silence" and page.seconds > 4, "no silence")
    assert "silence" in str(picture.get_attribute("data-kinds"))

    # Of the picture's five seconds the newest judgement has looked at three.
    assert page.find("#mfcc-mark").is_displayed()
    style = page.find("#mfcc-mark").get_attribute("style") or ""
    left, width = (float(number) for number in re.findall(r"([\d.]+)%", style))
    assert width == pytest.approx(60, abs=6)
    assert left + width == pytest.approx(100, abs=6)
    page.stop()
    assert not page.find("#areas").is_displayed()


def test_half_an_hour_of_areas_is_no_more_than_a_minute_and_costs_little(open_page: Open) -> None:
    page = open_page()
    script = """
        const done = arguments[0];
        import('/static/js/areas.js').then(({ Areas }) => {
          const box = document.createElement('div');
          box.style = 'position:relative;width:1000px;height:150px';
          const canvas = box.appendChild(document.createElement('canvas'));
          document.body.append(box);
          const areas = new Areas(canvas, document.createElement('ul'), ['a', 'b', 'c', 'd', 'e']);
          const probabilities = {a: .1, b: .2, c: .3, d: .2, e: .2};
          const kinds = ['speech', 'speech', 'unsure', 'silence'];
          let seconds = 0;
          const run = (until) => {
            for (; seconds < until; seconds += .25) {
              const state = kinds[Math.floor(seconds / 5) % 4];
              const start_s = Math.max(0, seconds - 2.75);
              const window = {start_s, end_s: seconds + .25, emotion: 'a', state, probabilities};
              areas.add(window);
            }
            return Number(canvas.dataset.points);
          };
          const minute = run(60);
          const began = performance.now();
          const half = run(1800);
          done([minute, half, (performance.now() - began) / 6960]);
        });"""
    minute, half, each_ms = page.driver.execute_async_script(script)
    assert 180 <= minute < 260
    assert abs(half - minute) < 12
    assert each_ms < 30, each_ms  # measured: a few milliseconds, four times a second


def test_a_calibration_is_used_by_the_next_recording_tells_what_it_changed_and_goes_off_again(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav)
    page.driver.execute_script(TAP)
    page.click("#calibrate")
    assert "North Wind" in page.find("#calibration-dialog").text
    assert "nothing of it is stored on the server" in page.find("#calibration-dialog").text
    page.click("#calibration-begin")
    dialog = page.find("#calibration-dialog")

    def told() -> str:
        return str(dialog.get_attribute("data-state"))

    page.wait(lambda: told() == "listening", "it does not listen")
    turn = page.find("#calibration-turn")
    page.wait(lambda: float(turn.get_attribute("aria-valuenow") or 0) > 2, "no speech is counted")
    page.wait(lambda: told() in ("done", "short", "failed"), "it does not end", seconds=45)
    assert told() == "done", dialog.text
    rows = [row.text for row in page.all("#calibration-change tbody tr")]
    assert len(rows) == 5
    assert all(row.count("%") == 2 for row in rows)
    sentence = page.text("#calibration-state")
    assert "those ten seconds" in sentence
    assert starts(page)[-1]["calibrate"] is True
    assert js(page, "tracks.at(-1).readyState") == "ended"
    page.click("#calibration-close")
    assert not dialog.is_displayed()
    assert sentence in page.text("#voice-note")
    assert "Calibrated with" in page.text("#voice-note")

    kept = json.loads(js(page, "sessionStorage.getItem('voice')"))["speaker"]
    assert js(page, "localStorage.getItem('voice')") is None
    page.record()
    page.hear_more(state=("speech", "unsure"))
    assert starts(page)[-1]["speaker"] == kept
    assert page.find("#voice-switch").is_enabled() is False  # a recording keeps what it began with
    assert not page.find("#calibrate").is_displayed()
    page.stop()

    page.click("#voice-switch")
    assert "Switched off" in page.text("#voice-note")
    page.record()
    page.hear_more()
    assert "speaker" not in starts(page)[-1]
    page.stop()

    page.click("#voice-switch")
    page.click("#voice-forget")
    assert js(page, "sessionStorage.getItem('voice')") is None
    assert not page.find("#voice-switch").is_displayed()


def test_a_calibration_that_the_server_does_not_know_is_dropped_and_the_recording_goes_on(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav)
    kept = json.dumps({"speaker": "AAAA", "speech_s": 8, "on": True, "change": None})
    page.driver.execute_script("sessionStorage.setItem('voice', arguments[0])", kept)
    page.driver.refresh()
    page.wait(lambda: page.body("ready") == "true", "the page did not become ready")
    assert page.find("#voice-switch").is_displayed()
    page.driver.execute_script(TAP)
    page.record()
    page.hear_more()
    assert ["speaker" in start for start in starts(page)] == [True, False]
    assert "does not know this calibration" in page.text("#voice-note")
    assert js(page, "sessionStorage.getItem('voice')") is None


def test_a_calibration_can_be_cancelled_and_then_leaves_nothing(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav)
    page.driver.execute_script(TAP)
    page.click("#calibrate")
    page.click("#calibration-begin")
    dialog = page.find("#calibration-dialog")
    page.wait(lambda: dialog.get_attribute("data-state") == "listening", "it does not listen")
    press(page, Keys.ESCAPE)
    page.wait(lambda: not dialog.is_displayed(), "it does not close")
    assert js(page, "tracks.at(-1).readyState") == "ended"
    assert js(page, "sessionStorage.getItem('voice')") is None
    assert page.state == "idle"
    page.record()
    page.hear_more()
    assert "speaker" not in starts(page)[-1]


def test_who_says_nothing_is_not_calibrated(open_page: Open, tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "silence.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(chromium.RATE)
        out.writeframes(bytes(2 * chromium.RATE))
    page = open_page(microphone=tmp_path / "silence.wav")
    page.click("#calibrate")
    page.click("#calibration-begin")
    dialog = page.find("#calibration-dialog")
    page.wait(lambda: dialog.get_attribute("data-state") == "short", "nothing is told", seconds=30)
    assert "too little was speech" in page.text("#calibration-state")
    assert page.find("#calibration-begin").text == "Try again"
    page.click("#calibration-close")
    assert page.find("#voice-switch").is_displayed() is False


@pytest.mark.parametrize("language", ["en", "de", "es"])
def test_in_no_language_does_the_studio_stick_out_at_any_width(
    open_page: Open, speech: Speech, language: str
) -> None:
    flags = (*SEVERAL, f"--lang={language}", f"--accept-lang={language}")
    page = open_page(microphone=speech.wav, flags=flags)
    assert page.find("html").get_attribute("lang") == language
    ready = {
        "en": "Ready when you are.",
        "de": "Bereit, wenn Sie es sind.",
        "es": "Cuando usted quiera.",
    }
    assert page.text("#state") == ready[language]
    kept = json.dumps({"speaker": "AAAA", "speech_s": 8, "on": True, "change": None})
    page.driver.execute_script("sessionStorage.setItem('voice', arguments[0])", kept)
    page.driver.refresh()
    page.wait(lambda: page.body("ready") == "true", "the page did not become ready")
    open_panel(page)
    script = "return [document.documentElement.scrollWidth, innerWidth]"
    for dialog in (None, "#help-open", "#calibrate"):
        if dialog:
            page.click(dialog)
        for width in (320, 360, 390, 600, 768, 861, 1024, 1280, 1920):
            resize(page.driver, width, 900)
            assert page.driver.execute_script(script) == [width, width]
        for name in ("help", "calibration-dialog"):
            shown = page.find(f"#{name}")
            assert int(shown.get_property("scrollWidth")) <= int(shown.get_property("clientWidth"))
        if dialog:
            press(page, Keys.ESCAPE)


def test_a_refused_microphone_is_told_in_the_calibration_too(open_page: Open) -> None:
    page = open_page(permission="refused")
    page.click("#calibrate")
    page.click("#calibration-begin")
    dialog = page.find("#calibration-dialog")
    page.wait(lambda: dialog.get_attribute("data-state") == "failed", "nothing is told")
    assert "was refused" in page.text("#calibration-state")
    assert page.state == "idle"
