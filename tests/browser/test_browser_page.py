"""The page in a real browser, over a real server, with a microphone that plays real speech."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from chromium import Page, resize
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from servers import Server, free_port, serve
from speech import Speech

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., Page]


def test_speech_moves_the_bars_and_the_summary_agrees_with_the_command_line(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav, loop=False)
    assert page.state == "idle"
    assert "never stored" in page.text(".privacy")

    page.record()
    first = page.hear_more(state=("speech", "unsure"))
    later = page.hear_more(state=("speech", "unsure"))
    assert first["shares"] != later["shares"]
    assert sum(later["shares"].values()) == pytest.approx(1, abs=1e-3)
    assert int(page.find("#mfcc-picture").get_attribute("data-frames") or 0) > 50
    assert page.find("#mfcc-picture").is_displayed()
    assert float(page.find("#waveform").get_attribute("data-loud") or 0) > 0.2

    # The clip plays once; what follows is silence, and is drawn as such.
    page.wait(
        lambda: page.seconds > speech.seconds, "the clock stands still", seconds=speech.seconds + 10
    )
    page.wait(lambda: page.values["state"] == "silence", "no silence after the speech")
    assert page.values["winner"] == ""
    assert page.text("#headline") == "Silence"

    page.stop()
    assert page.values["winner"] == speech.judgement["emotion"]
    for emotion, share in page.values["shares"].items():
        assert share == pytest.approx(speech.judgement["probabilities"][emotion], abs=0.15), emotion
    assert speech.judgement["emotion"] in page.text("#result-sentence")
    assert page.find("#result").is_displayed()
    told = sum(float(item.get_attribute("data-seconds") or 0) for item in page.all("#totals li"))
    assert told == pytest.approx(page.seconds, abs=0.6)


def test_pause_stops_the_clock_and_resume_goes_on(open_page: Open, speech: Speech) -> None:
    page = open_page(microphone=speech.wav)
    page.record()
    page.hear_more()
    page.click("#pause")
    page.wait_state("paused")
    # What was recorded before the pause still arrives; then neither the clock nor the chart moves.
    page.driver.execute_async_script("setTimeout(arguments[0], 700)")
    stood, seq = page.seconds, page.values["seq"]
    page.driver.execute_async_script("setTimeout(arguments[0], 700)")
    assert (page.seconds, page.values["seq"]) == (stood, seq)

    page.click("#resume")
    page.wait_state("recording")
    page.wait(lambda: page.seconds > stood + 1, "the clock did not go on")
    page.hear_more()
    page.stop()
    assert float(page.text("#result-from").split()[-2]) == pytest.approx(page.seconds, abs=0.6)


def test_everything_can_be_done_by_keyboard(open_page: Open, speech: Speech) -> None:
    page = open_page(microphone=speech.wav)

    def focused() -> str:
        return str(page.driver.switch_to.active_element.get_attribute("id"))

    def press(key: str) -> None:
        page.driver.switch_to.active_element.send_keys(key)

    for _ in range(8):
        press(Keys.TAB)
        if focused() == "record":
            break
    assert focused() == "record"
    press(Keys.ENTER)
    page.wait_state("recording")
    page.hear_more()
    assert focused() == "pause"  # the focus follows: the button under it has gone
    press(Keys.TAB)
    assert focused() == "stop"
    press(Keys.SPACE)
    page.wait_state("result")
    assert focused() == "result-sentence"


def test_a_sample_clip_plays_and_is_judged_on_click(open_page: Open) -> None:
    page = open_page()
    page.wait(lambda: len(page.all("#cards .sample")) >= 10, "the sample clips did not appear")
    card = next(
        card for card in page.all("#cards .sample") if card.get_attribute("data-emotion") == "happy"
    )
    assert "Meant: happy" in card.text
    assert "Synthetic voice" in card.text

    play = card.find_element(By.CSS_SELECTOR, ".play")
    page.press(play)
    page.wait(
        lambda: (
            page.driver.execute_script("return document.getElementById('player').currentTime") > 0
        ),
        "no sound",
    )

    page.press(card.find_element(By.CSS_SELECTOR, ".judge"))
    page.wait_state("result")
    assert page.find("#player").get_property("paused") is True
    assert page.values["winner"] != ""
    assert page.values["winner"] in page.text("#result-sentence")
    assert "meant it to sound happy" in page.text("#result-beside")
    assert card.find_element(By.CSS_SELECTOR, ".heard").text.startswith("Heard: ")
    assert page.all("#strip li")
    page.wait(
        lambda: page.find("#stage").get_attribute("data-drawn") == "wave",
        "no waveform of the clip",
    )


def test_an_upload_is_answered_with_what_the_command_line_says(
    open_page: Open, speech: Speech
) -> None:
    page = open_page()
    page.find("#file").send_keys(str(speech.path))
    page.wait_state("result")
    assert page.values["winner"] == speech.judgement["emotion"]
    for emotion, share in page.values["shares"].items():
        assert share == pytest.approx(speech.judgement["probabilities"][emotion], abs=1e-4)
    assert page.text("#result-from").startswith(speech.path.name)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("letter.txt", b"Dear Sir or Madam", "does not know this kind"),
        ("nothing.wav", b"", "no sound"),
        ("broken.flac", b"fLaC" + bytes(400), "cannot be read"),
        ("renamed.wav", b"This is no sound at all. " * 40, "Choose an audio or video file"),
    ],
)
def test_a_file_that_cannot_be_judged_is_answered_with_a_sentence(
    open_page: Open, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    # The browser itself notes every 4xx in its console; that is no error of the page.
    page = open_page(may_complain=True)
    (tmp_path / name).write_bytes(content)
    page.find("#file").send_keys(str(tmp_path / name))
    page.wait_state("error")
    assert sentence in page.notice
    assert page.find("#record").is_enabled()
    page.click("#dismiss")
    page.wait_state("idle")
    assert page.notice == ""


def test_at_no_width_does_anything_stick_out(open_page: Open, server: Server) -> None:
    page = open_page()
    page.wait(lambda: page.all("#cards .sample"), "the sample clips did not appear")
    page.press(page.all("#cards .judge")[0])
    page.wait_state("result")
    for width in (320, 360, 390, 600, 768, 861, 1024, 1280, 1920):
        resize(page.driver, width, 900)
        script = "return [document.documentElement.scrollWidth, innerWidth]"
        assert page.driver.execute_script(script) == [width, width]


def test_a_refused_microphone_is_answered_with_what_to_do(open_page: Open) -> None:
    page = open_page(permission="refused")
    page.click("#record")
    page.wait_state("error")
    assert "refused" in page.notice
    assert "press Record again" in page.notice


def test_a_missing_microphone_is_answered_with_what_to_do(open_page: Open) -> None:
    page = open_page()
    page.click("#record")
    page.wait_state("error")
    assert "No microphone was found" in page.notice


def test_an_insecure_address_is_named_before_the_first_click(
    open_page: Open, server: Server
) -> None:
    url = server.url.replace("127.0.0.1", "voice.example")
    page = open_page(
        url, flags=("--host-resolver-rules=MAP voice.example 127.0.0.1",), may_complain=True
    )
    assert "https://" in page.notice
    page.click("#record")
    page.wait_state("error")
    assert "localhost" in page.notice


def test_a_browser_without_a_recorder_is_told_so(open_page: Open, server: Server) -> None:
    page = open_page()
    page.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": "delete window.MediaRecorder;"}
    )
    page.open(server.url)
    assert "cannot record sound" in page.notice
    page.find("#file").send_keys(str(next((ROOT / "samples" / "synthetic").glob("*.flac"))))
    page.wait_state("result")


def test_a_killed_server_is_named_and_its_successor_gets_a_new_recorder(
    open_page: Open, speech: Speech
) -> None:
    port = str(free_port())
    with serve({"PORT": port}) as first:
        page = open_page(first.url, microphone=speech.wav, may_complain=True)
        page.record()
        page.hear_more(state=("speech", "unsure"))
        # Killed, not asked: the connection breaks in the middle of a chunk.
        for pid in (first.process.pid, *first.workers):
            os.kill(pid, signal.SIGKILL)
        page.wait_state("reconnecting")
        assert "connection was lost" in page.text("#state")
        stood = page.seconds
    with serve({"PORT": port}):
        page.wait_state("recording", seconds=30)
        # Only a new recorder's first chunk has a header: predictions show that the server read it.
        page.hear_more(state=("speech", "unsure"))
        page.wait(lambda: page.seconds > stood + 1, "the clock did not go on")
        page.click("#pause")
        page.wait_state("paused")
    # Gone while paused: nothing is missed, and the connection is renewed on resume.
    page.wait(lambda: "renewed when you resume" in page.text("#state"), "the loss is not named")
    with serve({"PORT": port}):
        page.click("#resume")
        page.wait_state("recording", seconds=30)
        page.hear_more(state=("speech", "unsure"))
        page.stop()
        assert "interrupted once" in page.text("#result-beside")
        assert sum(page.values["shares"].values()) == pytest.approx(1, abs=1e-3)


def test_a_server_that_falls_silent_is_left_and_found_again(
    open_page: Open, speech: Speech
) -> None:
    with serve() as frozen:
        page = open_page(frozen.url, microphone=speech.wav, may_complain=True)
        page.record()
        page.hear_more()
        # Frozen, not gone: the connection stays open and nothing comes back, as on a dead network.
        os.kill(frozen.workers[0], signal.SIGSTOP)
        try:
            page.wait_state("reconnecting", seconds=30)
        finally:
            os.kill(frozen.workers[0], signal.SIGCONT)
        page.wait_state("recording", seconds=30)
        page.hear_more()


def test_an_unplugged_microphone_ends_the_recording_with_its_summary(
    open_page: Open, server: Server, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav)
    keep = """
        const devices = navigator.mediaDevices;
        const ask = devices.getUserMedia.bind(devices);
        devices.getUserMedia = async (wish) => (window.opened = await ask(wish));"""
    page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": keep})
    page.open(server.url)
    page.record()
    page.hear_more()
    page.driver.execute_script("opened.getTracks()[0].dispatchEvent(new Event('ended'))")
    page.wait_state("result")
    assert "unplugged" in page.notice
    page.click("#dismiss")
    assert page.notice == ""
    assert page.state == "result"  # only the notice has gone


def test_a_server_that_is_gone_is_named_when_recording_begins(
    open_page: Open, speech: Speech
) -> None:
    with serve() as other:
        page = open_page(other.url, microphone=speech.wav, may_complain=True)
    page.click("#record")
    page.wait_state("error", seconds=30)
    assert "does not answer" in page.notice
