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
from servers import Server, serve
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


def lossless(source: Path, target: Path, *, picture: bool = False) -> Path:
    """Write speech as Apple's lossless format, which the server reads and Chromium does not."""
    with av.open(str(source)) as clip, av.open(str(target), "w", format="mov") as movie:
        sound = movie.add_stream("alac", rate=48_000, layout="mono")
        video = movie.add_stream("libx264", rate=10, width=64, height=64) if picture else None
        resampler = av.AudioResampler(format="s16p", layout="mono", rate=48_000)
        for frame in [*clip.decode(audio=0), None]:
            for block in resampler.resample(frame):
                movie.mux(sound.encode(block))
        movie.mux(sound.encode(None))
        if video is not None:
            black = av.VideoFrame(64, 64, "yuv420p")
            for at in range(30):
                black.pts = at
                movie.mux(video.encode(black))
            movie.mux(video.encode(None))
    return target


def test_a_film_whose_sound_the_browser_cannot_play_is_not_played_silently(
    open_page: Open, tmp_path: Path, speech: Speech
) -> None:
    page = open_page()
    upload(page, lossless(speech.path, tmp_path / "IMG_0001.MOV", picture=True), "flat")
    assert page.values["winner"] == speech.judgement["emotion"]
    assert page.all("#strip li")
    page.wait(lambda: "cannot play" in page.text("#listen-note"), "it is played silently")
    assert not page.find("#play").is_displayed()


@pytest.mark.parametrize("name", ["IMG_0001.MOV", "voice.qta", "a.mkv", "a.3gp", "a.wave",
                                  "PTT-20260101-WA0001", "a.pdf"])  # fmt: skip
def test_a_files_name_does_not_decide_whether_it_is_judged(
    open_page: Open, tmp_path: Path, speech: Speech, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(speech.path.read_bytes())
    page = open_page()
    page.find("#file").send_keys(str(path))
    page.wait_state("result")
    assert page.values["winner"] == speech.judgement["emotion"]
    assert page.text("#result-from").startswith(name)


def drop(page: Page, path: Path) -> None:
    """Drop a file or a folder on the page."""
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}

    def drag(kind: str) -> None:
        event = {"type": kind, "x": 40, "y": 20, "data": data}
        page.driver.execute_cdp_cmd("Input.dispatchDragEvent", event)

    def is_over() -> bool:
        drag("dragOver")
        return bool(page.count("#drop.over"))

    drag("dragEnter")
    page.wait(is_over, "the page does not take the drag")
    drag("drop")


def test_a_dropped_file_is_judged(open_page: Open, speech: Speech) -> None:
    page = open_page()
    drop(page, speech.path)
    page.wait_state("result")
    assert page.text("#result-from").startswith(speech.path.name)


def test_a_dropped_folder_is_named(open_page: Open, tmp_path: Path) -> None:
    page = open_page()
    drop(page, tmp_path)
    page.wait_state("error")
    assert page.notice == "This is a folder. Choose one file in it."


def test_a_file_that_was_deleted_meanwhile_is_named(
    open_page: Open, tmp_path: Path, speech: Speech
) -> None:
    path = tmp_path / "gone.wav"
    path.write_bytes(speech.path.read_bytes())
    page = open_page(may_complain=True)  # the browser itself notes the missing file
    # Between the choice and the page's own handler.
    page.run("() => { const { slice } = Blob.prototype; window.hold = new Promise((go) => {"
             " window.go = go; }); Blob.prototype.slice = function (...of) {"
             " const part = slice.apply(this, of); return { arrayBuffer: () =>"
             " window.hold.then(() => part.arrayBuffer()) }; }; }")  # fmt: skip
    page.find("#file").send_keys(str(path))
    path.unlink()
    page.run("() => window.go()")
    page.wait_state("error")
    assert "cannot read this file" in page.notice


# Adds warnings to the server's answer; for `before`.
WARN = """
    const response = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, "response");
    Object.defineProperty(XMLHttpRequest.prototype, "response", { get() {
      const answer = response.get.call(this);
      if (answer?.probabilities) answer.warnings = [
        { code: "damaged", message: "", at_s: 1 }, { code: "damaged", message: "", at_s: 2 },
        { code: "new", message: "The <b>server</b> says so.", at_s: null }];
      return answer; } });"""


def test_the_servers_warnings_stand_beside_the_result_and_in_the_data(
    open_keeping: Open, server: Server, speech: Speech
) -> None:
    page = open_keeping()
    upload(page, speech.path)
    assert not page.is_shown("#result-warnings")
    page.before(WARN).open(server.url)
    upload(page, speech.path)
    assert page.text("#result-warnings") == (
        "Damaged parts of the file were left out (at 1.0\u00a0s, 2.0\u00a0s). "
        "The <b>server</b> says so."
    )
    page.click("#save-json")
    read = "async () => JSON.parse(await [...held.values()].at(-1).text()).warnings.length"
    assert page.run(read) == 3
