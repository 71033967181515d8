"""The result view in a real browser: to listen to, to move through, to keep and to forget."""

from __future__ import annotations

import csv
import json
import struct
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from chromium import Page, resize
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from shown import (
    LOUDNESS,
    SCROLLER,
    click_at,
    cursor,
    length,
    played,
    record,
    regions,
    turns,
    upload,
    wait_drawn,
)
from speech import Speech

Open = Callable[..., Page]
LABELS = ["neutral", "happy", "sad", "angry", "fearful"]


def test_a_recording_is_played_back_with_one_cursor_over_waveform_and_strip(
    open_keeping: Open, speech: Speech
) -> None:
    page = open_keeping(microphone=speech.wav, loop=False)
    assert not page.find("#listen").is_displayed()
    record(page, speech.seconds + 1)
    assert page.find("#listen").is_displayed()
    assert not page.find("#wave").is_displayed()  # the live picture has made room

    # It holds what was said, and where: the speech that the microphone played, then silence.
    sound = page.driver.execute_async_script(LOUDNESS)
    assert sound["seconds"] == pytest.approx(page.seconds, abs=0.6)
    assert max(sound["blocks"]) > 0.1
    assert max(sound["blocks"][-5:]) < 0.02
    assert length(page) == pytest.approx(sound["seconds"], abs=0.02)

    assert played(page) == cursor(page) == 0
    page.click("#play")
    page.wait(lambda: played(page) > 0.6, "it does not play")
    page.wait(lambda: cursor(page) > 0.6, "the cursor stands still")
    assert page.text("#play-text") == "Pause"
    page.click("#play")
    page.wait(lambda: page.text("#play-text") == "Play", "it does not pause")
    assert cursor(page) == pytest.approx(played(page), abs=0.05)
    assert page.text("#play-time").endswith(f"of 0:{int(length(page)):02}")

    # To its end, and from there again from the beginning.
    page.driver.execute_script("document.getElementById('playback').playbackRate = 4")
    page.click("#play")
    page.wait(lambda: page.find("#playback").get_property("ended"), "it does not end")
    assert page.text("#play-text") == "Play"
    assert cursor(page) == pytest.approx(length(page), abs=0.1)
    page.click("#play")
    page.wait(lambda: 0 < played(page) < length(page) / 2, "it does not begin again")


def test_clicks_and_keys_move_the_sound_and_the_cursor_together(
    open_keeping: Open, speech: Speech
) -> None:
    page = open_keeping()
    upload(page, speech.path)
    whole = length(page)
    for selector, share in (("#take", 0.5), ("#strip", 0.25), ("#take", 0.8)):
        click_at(page, selector, share)
        page.wait(
            lambda at=share * whole: abs(played(page) - at) < 0.03 * whole,
            f"{selector} does not seek",
        )
        assert cursor(page) == pytest.approx(played(page), abs=0.02)

    seek = page.find("#seek")
    for key, there in ((Keys.HOME, 0.0), (Keys.ARROW_RIGHT, 0.5), (Keys.ARROW_UP, 1.0)):
        seek.send_keys(key)
        page.wait(lambda at=there: played(page) == pytest.approx(at, abs=0.01), f"no {key!r}")
        assert cursor(page) == pytest.approx(there, abs=0.02)
    seek.send_keys(Keys.ARROW_LEFT)
    assert cursor(page) == pytest.approx(0.5, abs=0.02)
    seek.send_keys(Keys.END)
    assert cursor(page) == pytest.approx(whole, abs=0.05)
    assert " of " in str(seek.get_attribute("aria-valuetext"))

    page.find("#play").send_keys(Keys.SPACE)  # at its end: from the beginning
    page.wait(lambda: 0 < played(page) < whole - 0.1, "the space bar does not play")


def test_utterances_are_regions_with_colour_and_word_and_can_be_gone_to(
    open_keeping: Open, tmp_path: Path, speech: Speech
) -> None:
    samples, rate = soundfile.read(speech.path, always_2d=True)
    pause = np.zeros((3 * rate, samples.shape[1]))
    path = tmp_path / "twice.wav"
    soundfile.write(path, np.concatenate([samples, pause, samples]), rate)
    page = open_keeping()
    upload(page, path)

    said, shown = turns(page), regions(page)
    assert len(said) >= 2
    assert [turn["kind"] for turn in said] == [region["word"] for region in shown]
    for turn, region in zip(said, shown, strict=True):
        assert region["from"] == pytest.approx(turn["start"], abs=0.1)
        assert region["to"] == pytest.approx(turn["end"], abs=0.1)
        assert region["edge"] == "3px"
        assert region["colour"] != "rgba(0, 0, 0, 0)"
    second = next(turn for turn in said if turn["start"] > len(samples) / rate + 2)
    assert second["start"] < len(samples) / rate + 5

    button = page.all("#turns .turn-to")[said.index(second)]
    assert second["kind"] in button.text
    button.send_keys(Keys.ENTER)
    page.wait(lambda: abs(played(page) - second["start"]) < 0.02, "it does not go there")
    assert cursor(page) == pytest.approx(second["start"], abs=0.05)
    assert page.find("#turns [data-now] .turn-to").text == button.text


def test_a_long_file_can_be_zoomed_and_all_of_it_scrolls_together(
    open_keeping: Open, tmp_path: Path, speech: Speech
) -> None:
    samples, rate = soundfile.read(speech.path)
    mono = samples if samples.ndim == 1 else samples[:, 0]
    path = tmp_path / "long.wav"
    soundfile.write(path, np.tile(mono, 120 * rate // len(mono) + 1)[: 120 * rate], rate)
    page = open_keeping()
    upload(page, speech.path)
    short = page.find("#zooming").is_displayed()
    upload(page, path)
    assert page.find("#zooming").is_displayed()
    assert not short or length(page) > 119

    def widths() -> tuple[float, float]:
        script = f"return [{SCROLLER}.scrollWidth, document.getElementById('long').clientWidth]"
        return tuple(page.driver.execute_script(script))

    all_in_view = widths()
    for _ in range(3):
        page.find("#zoom").send_keys(Keys.PAGE_UP)
    page.wait(lambda: widths()[0] > all_in_view[0] * 1.3, "it does not zoom")
    page.wait(lambda: abs(widths()[0] - widths()[1]) <= 1, "the strip stays behind")

    def scrolled() -> list[float]:
        script = f"return [{SCROLLER}.scrollLeft, document.getElementById('rail').scrollLeft]"
        return list(page.driver.execute_script(script))

    page.find("#seek").send_keys(Keys.END)
    page.wait(lambda: scrolled()[0] > 50, "it does not scroll to where one goes")
    page.wait(lambda: abs(scrolled()[0] - scrolled()[1]) <= 1, "the strip does not scroll along")
    assert page.find("#cursor").is_displayed()
    assert cursor(page) == pytest.approx(length(page), abs=0.5)
    page.find("#seek").send_keys(Keys.HOME)
    page.wait(lambda: scrolled()[1] < 5, "it does not scroll back")
    assert cursor(page) == pytest.approx(0, abs=0.5)
    # By keyboard too: what scrolls can be focused.
    page.driver.execute_script(f"{SCROLLER}.focus()")
    for _ in range(5):
        ActionChains(page.driver).send_keys(Keys.ARROW_RIGHT).perform()
    page.wait(lambda: min(scrolled()) > 20, "the arrow keys do not scroll both")


def test_the_result_is_saved_as_table_data_and_picture(
    open_keeping: Open, tmp_path: Path, speech: Speech
) -> None:
    page = open_keeping()
    where = {"behavior": "allow", "downloadPath": str(tmp_path)}
    page.driver.execute_cdp_cmd("Browser.setDownloadBehavior", where)
    upload(page, speech.path)
    files = {}
    for kind in ("csv", "json", "png"):
        page.click(f"#save-{kind}")
        page.wait(lambda kind=kind: list(tmp_path.glob(f"*.{kind}")), f"no {kind} was saved")
        (files[kind],) = tmp_path.glob(f"*.{kind}")
        assert files[kind].name.endswith(f"-emotions.{kind}")

    judged = speech.judgement
    with files["csv"].open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == ["start_s", "end_s", "state", "emotion", *LABELS, "other_sound"]
    assert len(rows) == len(judged["timeline"])
    for row, window in zip(rows, judged["timeline"], strict=True):
        assert (row["state"], row["emotion"] or None) == (window["state"], window["emotion"])
        assert row["other_sound"] == str(window["other_sound"]).lower()
        assert float(row["end_s"]) == pytest.approx(window["end_s"], abs=1e-3)
        for label in LABELS:
            assert float(row[label]) == pytest.approx(window["probabilities"][label], abs=1e-4)

    told = json.loads(files["json"].read_text())
    assert told["file"] == speech.path.name
    for key in ("duration_s", "emotion", "probabilities", "timeline", "model"):
        assert told[key] == judged[key], key

    picture = files["png"].read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", picture[16:24]) == (2400, 1440)
    with av.open(str(files["png"])) as image:
        pixels = next(image.decode(video=0)).to_ndarray(format="rgb24")
    colour = page.driver.execute_script(
        "return getComputedStyle(document.documentElement).getPropertyValue(arguments[0]).trim()",
        f"--{judged['emotion']}",
    )
    winner = np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)
    drawn = (np.abs(pixels.astype(int) - winner).max(axis=2) < 8).mean()
    assert drawn > 0.01  # the winner's bar and its stretch of the strip


def test_clear_forgets_the_recording(open_keeping: Open, speech: Speech) -> None:
    page = open_keeping(microphone=speech.wav)
    held = "return [...held.values()].filter((blob) => blob.type.startsWith('audio/')).length"
    record(page, 2)
    assert page.driver.execute_script(held) == 1
    page.click("#play")
    page.wait(lambda: played(page) > 0, "it does not play")
    page.click("#discard")
    page.wait_state("idle")
    assert page.driver.execute_script(held) == 0
    assert not page.find("#listen").is_displayed()
    assert not page.find("#playback").get_attribute("src")
    assert page.find("#playback").get_property("paused") is True
    assert page.find("#take").get_property("childElementCount") == 0
    assert turns(page) == []

    # Another result takes the place of the first, whose sound goes.
    record(page, 2)
    upload(page, speech.path)
    assert page.driver.execute_script(held) == 1
    assert page.find("#play-text").get_property("textContent") == "Play"
    page.record()
    assert page.driver.execute_script(held) == 0


def test_a_sample_clip_has_the_same_result_and_only_one_sound_plays(open_keeping: Open) -> None:
    page = open_keeping()
    page.wait(lambda: page.all("#cards .sample"), "no sample clips")
    page.press(page.all("#cards .judge")[0])
    page.wait_state("result")
    wait_drawn(page)
    assert regions(page)
    page.click("#play")
    page.wait(lambda: played(page) > 0, "the result does not play")
    page.press(page.all("#cards .play")[0])
    page.wait(lambda: page.find("#playback").get_property("paused"), "two sounds at a time")
    page.driver.execute_script("document.getElementById('player').loop = true")
    page.click("#play")
    page.wait(lambda: page.find("#player").get_property("paused"), "two sounds at a time")


def test_the_policy_admits_the_waveforms_style_and_no_other(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(may_complain=True)
    upload(page, speech.path)
    # The library's style applies: without it canvas and cursor would stand below each other.
    script = f"return getComputedStyle({SCROLLER}.querySelector('.progress')).position"
    assert page.driver.execute_script(script) == "absolute"
    assert page.console() == []
    script = """
        const style = document.createElement('style');
        style.textContent = 'body { display: none }';
        document.head.append(style);
        return getComputedStyle(document.body).display"""
    assert page.driver.execute_script(script) != "none"
    assert any("style-src" in line for line in page.console())


def test_at_no_width_does_a_zoomed_result_stick_out(open_keeping: Open, tmp_path: Path) -> None:
    path = tmp_path / "minute.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 16_000 * 60), 16_000)
    page = open_keeping()
    upload(page, path)
    for _ in range(5):
        page.find("#zoom").send_keys(Keys.PAGE_UP)
    for width in (320, 390, 768, 1280):
        resize(page.driver, width, 900)
        script = "return [document.documentElement.scrollWidth, innerWidth]"
        assert page.driver.execute_script(script) == [width, width]
