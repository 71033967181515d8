"""In Firefox too a microphone is changed in the middle of a recording, which goes on."""

from __future__ import annotations

from collections.abc import Callable

from tests.firefox.firefox_page import Page
from tests.firefox.pulse import Room
from tests.pages import HEARS
from tests.speech import Speech

# Notes what the page asks the browser for. It still gets it, at the first time after a while, as
# from a visitor who is asked: a Firefox may need a second or two until it plays or mixes anything.
TAP = """() => {
    window.tracks = [];
    const media = navigator.mediaDevices;
    const ask = media.getUserMedia.bind(media);
    media.getUserMedia = async (wish) => {
      if (!tracks.length) await new Promise((resolve) => setTimeout(resolve, 1500));
      const stream = await ask(wish);
      tracks.push(stream.getAudioTracks()[0]);
      return stream;
    };
  }"""
CHOOSE = """() => {
    const select = document.getElementById("device");
    select.value = select.options[1].value;
    select.dispatchEvent(new Event("change"));
  }"""


def test_a_microphone_is_changed_while_it_records_and_the_recording_goes_on(
    open_page: Callable[..., Page], room: Room, speech: Speech
) -> None:
    page = open_page()
    page.run(TAP)
    page.record()
    page.wait(lambda: page.count("#device option") > 1, "no microphones")
    page.run(CHOOSE)
    page.wait_text("#device-note", "from now on")
    assert page.run("() => tracks.map((track) => track.readyState)") == ["ended", "live"]
    room.say(speech.wav)
    page.hear_more(state=HEARS)
    assert page.state == "recording"
    page.click(".tools summary")
    page.click('[data-treatment="noiseSuppression"]')
    page.wait_text("#device-note", "from now on")
    assert page.run("() => tracks.at(-1).getSettings().noiseSuppression") is True
    page.stop()
    assert page.values["winner"] == speech.judgement["emotion"]
