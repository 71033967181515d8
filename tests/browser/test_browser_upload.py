"""A file that is sent: how far it is, how long it still takes, and what cannot be played."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from chromium import Page
from selenium.webdriver.common.keys import Keys
from servers import serve
from shown import (
    click_at,
    cursor,
    length,
    regions,
    upload,
)
from speech import Speech

Open = Callable[..., Page]


def test_what_the_browser_cannot_play_is_judged_all_the_same(
    open_keeping: Open, tmp_path: Path, speech: Speech
) -> None:
    # Apple's lossless format: the server reads it, Chromium does not.
    path = tmp_path / "lossless.m4a"
    with av.open(str(speech.path)) as source, av.open(str(path), "w", format="ipod") as target:
        stream = target.add_stream("alac", rate=48_000, layout="mono")
        resampler = av.AudioResampler(format="s16p", layout="mono", rate=48_000)
        for frame in [*source.decode(audio=0), None]:
            for block in resampler.resample(frame):
                target.mux(stream.encode(block))
        target.mux(stream.encode(None))
    page = open_keeping()
    upload(page, path, "flat")
    assert page.values["winner"] == speech.judgement["emotion"]
    assert "cannot play" in page.text("#listen-note")
    assert not page.find("#play").is_displayed()
    assert regions(page)
    click_at(page, "#strip", 0.5)  # one may still move through it
    assert cursor(page) == pytest.approx(length(page) / 2, rel=0.05)
    upload(page, speech.path)
    assert page.text("#listen-note") == ""
    assert page.find("#play").is_displayed()


def test_an_upload_tells_the_time_left_and_can_be_cancelled(
    open_keeping: Open, tmp_path: Path
) -> None:
    path = tmp_path / "noise.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 48_000 * 60), 48_000)
    page = open_keeping()
    slow = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 400_000}
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", slow)
    page.find("#file").send_keys(str(path))
    page.wait_state("judging")
    page.wait(lambda: "left" in page.text("#sending-text"), "no time is told", seconds=15)
    assert page.text("#sending-text").startswith("Sending noise.wav: ")
    told = page.text("#sending-text").split("About ")[1].split()[0]
    assert 3 <= int(told) <= 30  # of 5.8 MB at 0.4 MB a second
    assert 0 < float(page.find("#progress").get_attribute("value") or 0) < 1
    page.click("#sending-cancel")
    page.wait_state("idle")
    assert not page.find("#sending").is_displayed()
    assert page.find("#file").is_enabled()
    page.driver.execute_async_script("setTimeout(arguments[0], 1500)")
    assert page.state == "idle"
    assert not page.find("#listen").is_displayed()


def test_while_it_is_judged_the_time_is_told_and_it_can_be_cancelled(
    open_page: Open, speech: Speech
) -> None:
    with serve() as slow:
        page = open_page(slow.url, may_complain=True)
        page.wait(lambda: page.all("#cards .sample"), "no sample clips")
        os.kill(slow.workers[0], signal.SIGSTOP)
        try:
            page.find("#file").send_keys(str(speech.path))
            page.wait(lambda: "so far" in page.text("#sending-text"), "no time is told")
            assert page.text("#sending-text").startswith(f"Judging {speech.path.name}")
            assert page.find("#progress").get_property("position") == -1  # nobody knows how far
            page.find("#sending-cancel").send_keys(Keys.ESCAPE)
            page.wait_state("idle")
        finally:
            os.kill(slow.workers[0], signal.SIGCONT)
        page.find("#file").send_keys(str(speech.path))
        page.wait_state("result")
