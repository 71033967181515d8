"""Around a recording: the level, the last moments, and the studio in every language."""

from __future__ import annotations

import json
import re
import time
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from chromium import Page, resize
from selenium.webdriver.common.keys import Keys
from speech import Speech
from tap import SEVERAL, js, open_panel, press

Open = Callable[..., Page]


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


def test_before_the_first_emotion_the_headline_listens_and_then_unsure_speech_is_unsure(
    open_page: Open,
) -> None:
    page = open_page()
    script = """
        const done = arguments[0];
        Promise.all([import('/static/js/screen.js'), import('/static/js/state.js')])
          .then(([{ Screen }, { initial }]) => {
            const screen = new Screen(document, initial);
            screen.show({ name: 'recording', linked: true });
            const text = (id) => document.getElementById(id).textContent;
            const said = [];
            const hear = (end_s, state, emotion = null) => {
              screen.heard({ start_s: Math.max(0, end_s - 3), end_s, state, emotion });
              said.push([text('headline'), text('state'), document.body.dataset.hearing]);
            };
            hear(0.5, 'unsure');
            hear(1.5, 'speech', 'happy');
            hear(3, 'unsure');
            screen.forget();
            hear(0.5, 'unsure');
            done(said);
          });"""
    said = page.driver.execute_async_script(script)
    assert [headline for headline, _, _ in said] == [
        "Listening…",
        "Your voice sounds happy",
        "Not sure",
        "Listening…",
    ]
    assert said[0][1] == "Hearing speech. The first words are not enough to judge."
    assert [hearing for _, _, hearing in said] == ["listening", "speech", "unsure", "listening"]


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
    page.driver.set_script_timeout(100)  # selenium's own 30 s are not enough on a busy machine
    minute, half, each_ms = page.driver.execute_async_script(script)
    assert 180 <= minute < 260
    assert abs(half - minute) < 12
    assert each_ms < 30, each_ms  # measured: a few milliseconds, four times a second


def test_a_window_that_shrinks_as_the_bars_come_to_rest_takes_them_along(open_page: Open) -> None:
    page = open_page()
    script = """
        const done = arguments[0];
        Promise.all([import('/static/js/bars.js'), import('/static/vendor/chart.js/chart.js')])
          .then(([{ Bars }, { Chart }]) => {
            const box = document.createElement('div');
            box.style = 'position:relative;width:340px;height:240px';
            const canvas = box.appendChild(document.createElement('canvas'));
            const table = document.createElement('table');
            table.createTBody();
            document.body.append(box);
            const bars = new Bars(canvas, table, ['a', 'b', 'c', 'd', 'e']);
            let clock = Date.now();
            Date.now = () => clock;  // by which Chart.js moves
            bars.show({a: .1, b: .2, c: .3, d: .2, e: .2});
            const last = (frames) => requestAnimationFrame(() => {
              clock += 20;
              if (frames) return last(frames - 1);
              box.style.width = '270px';  // known as they are drawn for the last time
              clock += 1000;
              setTimeout(() => done([canvas.clientWidth, Chart.getChart(canvas).width]), 600);
            });
            last(5);
          });"""
    assert page.driver.execute_async_script(script) == [270, 270]


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
    kept = json.dumps({"on": True, "reading": {"speaker": "AAAA", "speech_s": 8, "change": None}})
    page.driver.execute_script("sessionStorage.setItem('voice', arguments[0])", kept)
    page.driver.refresh()
    page.wait(lambda: page.body("ready") == "true", "the page did not become ready")
    open_panel(page)
    script = "return [document.documentElement.scrollWidth, innerWidth]"
    for dialog in (None, "#help-open", "#teach"):
        if dialog:
            page.click(dialog)
        for width in (320, 360, 390, 600, 768, 861, 1024, 1280, 1920):
            resize(page.driver, width, 900)
            assert page.driver.execute_script(script) == [width, width]
        for name in ("help", "voice-dialog"):
            shown = page.find(f"#{name}")
            assert int(shown.get_property("scrollWidth")) <= int(shown.get_property("clientWidth"))
        if dialog:
            press(page, Keys.ESCAPE)
