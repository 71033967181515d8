"""The page in a real Firefox, over a real server, with a microphone that hears real speech."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.firefox.firefox import BLOCK
from tests.firefox.firefox_page import ENTER, SPACE, TAB, Page
from tests.firefox.pulse import Room
from tests.pages import HEARS
from tests.servers import free_port, serve
from tests.speech import Speech

Open = Callable[..., Page]


def test_speech_moves_the_bars_and_is_summed_up_as_the_command_line_does(
    open_page: Open, room: Room, speech: Speech
) -> None:
    page = open_page()
    assert page.state == "idle"
    page.record()
    page.hear_more(state=("silence",))  # nobody has spoken yet

    room.say(speech.wav)
    first = page.hear_more(state=HEARS)
    later = page.hear_more(state=HEARS)
    assert first["shares"] != later["shares"]
    assert sum(later["shares"].values()) == pytest.approx(1, abs=1e-3)
    assert page.is_shown("#mfcc-picture")
    assert float(page.data("#waveform", "loud") or 0) > 0.2
    page.wait(lambda: page.values["state"] == "silence", "no silence after the speech")

    page.stop()
    assert page.values["winner"] == speech.judgement["emotion"]
    for emotion, share in page.values["shares"].items():
        assert share == pytest.approx(speech.judgement["probabilities"][emotion], abs=0.15), emotion
    assert speech.judgement["emotion"] in page.text("#result-sentence")
    assert page.is_shown("#result")


def test_pause_stops_the_clock_and_resume_goes_on(
    open_page: Open, room: Room, speech: Speech
) -> None:
    page = open_page()
    page.record()
    page.click("#pause")
    page.wait_state("paused")
    # What was recorded before the pause still arrives; then neither the clock nor the chart moves.
    rest = "() => new Promise((done) => setTimeout(done, 500))"
    page.run(rest)
    stood, seq = page.seconds, page.values["seq"]
    page.run(rest)
    assert (page.seconds, page.values["seq"]) == (stood, seq)

    page.click("#resume")
    page.wait_state("recording")
    room.say(speech.wav)
    page.hear_more(state=HEARS)
    page.wait(lambda: page.seconds > stood + 0.5, "the clock did not go on")
    page.stop()
    assert page.values["winner"] != ""


def test_a_recording_is_made_by_keyboard_alone(open_page: Open, room: Room) -> None:
    page = open_page()
    for _ in range(8):
        page.press(TAB)
        if page.focused == "record":
            break
    assert page.focused == "record"
    page.press(ENTER)
    page.wait_state("recording")
    page.hear_more()
    assert page.focused == "pause"  # the focus follows: the button under it has gone
    page.press(TAB)
    assert page.focused == "stop"
    page.press(SPACE)
    page.wait_state("result")


def test_a_refused_microphone_is_answered_with_what_to_do(open_page: Open) -> None:
    # The connection is made meanwhile: given up before it stands, Firefox says it could not be.
    page = open_page(microphone=BLOCK, may_complain=True)
    page.click("#record")
    page.wait_state("error")
    assert "refused" in page.notice
    assert "press Record again" in page.notice
    page.click("#dismiss")
    page.wait_state("idle")


def test_an_unplugged_microphone_ends_the_recording_with_its_summary(
    open_page: Open, room: Room, speech: Speech
) -> None:
    page = open_page()
    page.record()
    room.say(speech.wav)
    page.hear_more(state=HEARS)
    with room.unplugged():
        page.wait_state("result")
    assert "unplugged" in page.notice
    assert page.values["winner"]
    assert page.values["winner"] in page.text("#result-sentence")
    page.record()  # plugged in again
    page.hear_more()


def test_a_recording_is_played_back_with_one_cursor_over_waveform_and_strip(
    open_page: Open, room: Room, speech: Speech
) -> None:
    page = open_page()
    assert not page.is_shown("#listen")
    page.record()
    room.say(speech.wav)
    page.wait(lambda: page.seconds > 2, "the clock stands still")
    page.stop()
    page.wait(lambda: page.data("#stage", "drawn") == "wave", "no waveform of the recording")
    length = float(page.get("#seek", "max"))
    assert length == pytest.approx(page.seconds, abs=0.3)
    assert page.count("#strip li")

    def played() -> float:
        return float(page.get("#playback", "currentTime"))

    def cursor() -> float:
        """Return the second over which the cursor stands."""
        return length * float(
            page.run("""() => {
                const box = (id) => document.getElementById(id).getBoundingClientRect();
                return (box("cursor").left + 1 - box("long").left) / box("long").width; }""")
        )

    assert played() == cursor() == 0
    page.click("#play")
    page.wait(lambda: played() > 0.5, "it does not play")
    page.wait(lambda: cursor() > 0.5, "the cursor stands still")
    assert page.text("#play-text") == "Pause"
    page.click("#play")
    page.wait(lambda: page.text("#play-text") == "Play", "it does not pause")
    assert cursor() == pytest.approx(played(), abs=0.05)

    # What a recorder writes has no index to seek by; it can be gone to all the same.
    for selector, share in (("#take", 0.75), ("#strip", 0.25)):
        page.press_at(selector, share=share)
        there = share * length
        page.wait(lambda at=there: abs(played() - at) < 0.1, f"{selector} does not seek")
        assert cursor() == pytest.approx(played(), abs=0.05)
    page.run("() => { document.getElementById('playback').playbackRate = 4; }")
    page.click("#play")
    page.wait(lambda: page.get("#playback", "ended"), "it does not end")
    assert page.text("#play-text") == "Play"
    page.click("#discard")
    page.wait_state("idle")
    assert not page.is_shown("#listen")


def test_a_watcher_sees_what_the_speaker_sees_and_how_it_ends(
    open_page: Open, room: Room, speech: Speech
) -> None:
    speaker = open_page()
    assert not speaker.is_shown("#share")  # nothing is recorded, nothing can be shared
    speaker.record()
    room.say(speech.wav)
    speaker.hear_more(state=HEARS)
    speaker.click("#share-switch")
    speaker.wait(lambda: speaker.is_shown("#share-open"), "no link was made")
    assert "hears nothing" in speaker.text("#share-note")
    link = str(speaker.get("#share-url", "value"))

    watcher = open_page(link, window=True)
    watcher.wait_state("live")
    assert watcher.count("#strip li"), "what was heard before is missing"
    watcher.hear_more()
    assert sum(watcher.values["shares"].values()) == pytest.approx(1, abs=1e-3)
    speaker.wait_text("#share-count", "1 watching")
    assert not watcher.count("audio")
    speaker.click("#pause")
    watcher.wait_state("paused")
    speaker.click("#resume")
    watcher.wait_state("live")
    watcher.hear_more()

    speaker.click("#share-stop")
    watcher.wait_state("ended")
    assert "stopped sharing" in watcher.text("#state")
    assert watcher.count("#strip li")  # what was seen stays to be looked at
    assert speaker.state == "recording"
    watcher.navigate(link)
    watcher.wait_state("missing")
    assert "no such view" in watcher.text("#state")


@pytest.mark.slow  # ten seconds of speech are ten seconds
def test_a_reading_and_a_take_are_learnt_and_the_profile_is_switched_on(
    open_page: Open, room: Room, speech: Speech
) -> None:
    page = open_page()
    page.click("#teach")
    page.click("#reading-begin")
    reading = "#reading-part"
    page.wait(lambda: page.data(reading, "state") == "listening", "it does not listen")

    def over() -> bool:
        if not room.is_heard():
            room.say(speech.wav)
        return page.data(reading, "state") == "done"

    page.wait(over, "it does not end", seconds=45)
    assert "those ten seconds" in page.text("#reading-state")
    assert page.count("#reading-change tbody tr") == 5
    room.hush()
    card = ".voice-card[data-emotion=angry]"
    page.click(f"{card} .take-record")
    page.wait(lambda: page.data(card, "name") == "recording", "it does not record")
    room.say(speech.wav)
    page.wait(lambda: page.data(card, "name") == "known", "it was not learnt", seconds=40)
    assert "Knows your angry voice" in page.text(card)
    assert "Take 1" in page.text(f"{card} .take-list")
    assert "Your reading" in page.text(".voice-card[data-emotion=neutral]")
    page.click(f"{card} .take-list button")
    page.wait(lambda: page.get("#voice-audio", "currentTime") > 0, "the take does not sound")
    page.click("#voice-remember")
    assert page.run("() => JSON.parse(localStorage.getItem('voice')).taught.clips.angry") == 1
    page.click("#voice-forget")
    assert page.run("() => localStorage.getItem('voice')") is None
    assert page.count(".take-item") == 0
    page.click("#voice-close")
    assert not page.is_shown("#voice-switch")


def test_a_take_that_is_cut_short_is_stopped_by_the_visitor_and_its_sentence_stands_at_its_card(
    open_page: Open, room: Room
) -> None:
    page = open_page()
    page.click("#teach")
    page.click("#voice-skip")
    card = ".voice-card[data-emotion=sad]"
    page.click(f"{card} .take-record")
    page.wait(lambda: page.data(card, "name") == "recording", "it does not record")
    page.click(f"{card} .take-record")
    page.wait_text(card, "Nothing was heard")
    assert page.data(card, "name") == "empty"


def test_an_upload_is_answered_with_what_the_command_line_says(
    open_page: Open, speech: Speech
) -> None:
    page = open_page()
    page.choose_file("#file", speech.path)
    page.wait_state("result")
    assert page.values["winner"] == speech.judgement["emotion"]
    for emotion, share in page.values["shares"].items():
        assert share == pytest.approx(speech.judgement["probabilities"][emotion], abs=1e-4)
    assert page.text("#result-from").startswith(speech.path.name)


def test_a_sample_clip_plays_and_is_judged_on_click(open_page: Open) -> None:
    page = open_page()
    page.wait(lambda: page.count("#cards .sample") >= 10, "the sample clips did not appear")
    page.click("#cards .sample .play")
    page.wait(lambda: page.get("#player", "currentTime") > 0, "no sound")
    page.click("#cards .sample .judge")
    page.wait_state("result")
    assert page.get("#player", "paused") is True
    assert page.values["winner"]
    assert page.values["winner"] in page.text("#result-sentence")
    assert page.text("#cards .sample .heard").startswith("Heard: ")
    page.wait(lambda: page.data("#stage", "drawn") == "wave", "no waveform of the clip")


def test_what_the_console_says_does_not_escape_these_tests(open_page: Open) -> None:
    page = open_page(may_complain=True)
    page.run("""() => {
        console.error("said");
        setTimeout(() => { throw new Error("thrown"); });
        const inline = document.body.appendChild(document.createElement("script"));
        inline.textContent = "1"; }""")
    page.wait(lambda: len(page.console()) == 3, "something goes unnoticed")
    assert "Content-Security-Policy" in " ".join(page.console())


def test_a_german_visitor_reads_german(open_page: Open, tmp_path: Path) -> None:
    # The browser itself notes every 4xx in its console; that is no error of the page.
    page = open_page(languages="de-AT, de, en", may_complain=True)
    assert page.get("html", "lang") == "de"
    assert page.text("h1") == "Wie klingt Ihre Stimme?"
    assert page.text("#record-text") == "Aufnehmen"
    (tmp_path / "brief.txt").write_text("Sehr geehrte Damen und Herren")
    page.choose_file("#file", tmp_path / "brief.txt")
    page.wait_state("error")
    assert "Wählen Sie eine Audio- oder Videodatei" in page.notice


def test_a_recording_outlives_the_server_that_it_began_with(
    open_page: Open, room: Room, speech: Speech
) -> None:
    port = str(free_port())
    with serve({"PORT": port}) as first:
        page = open_page(first.url, may_complain=True)
        page.record()
        # Killed, not asked: the connection breaks in the middle of a chunk.
        for pid in (first.process.pid, *first.workers):
            os.kill(pid, signal.SIGKILL)
        page.wait_state("reconnecting")
        assert "connection was lost" in page.text("#state")
    with serve({"PORT": port}):
        page.wait_state("recording", seconds=30)
        room.say(speech.wav)
        # Only a new recorder's first chunk has a header: predictions show that the server read it.
        page.hear_more(state=HEARS)
        page.stop()
        assert "interrupted once" in page.text("#result-beside")
        assert page.values["winner"] != ""
