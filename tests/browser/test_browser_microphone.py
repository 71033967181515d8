"""Which microphone, and what the browser may do to its sound."""

from __future__ import annotations

import json
from collections.abc import Callable

from chromium import Page
from selenium.webdriver.remote.webelement import WebElement
from speech import Speech
from tap import SEVERAL, TAP, js, open_panel, settings

Open = Callable[..., Page]
TREATMENTS = ("echoCancellation", "noiseSuppression", "autoGainControl")


# Notes what is recorded for the server.
RECORDED = """
    window.recorded = [];
    const Recorder = MediaRecorder;
    window.MediaRecorder = class extends Recorder {
      constructor(stream, how) {
        super(stream, how);
        if (how.audioBitsPerSecond) recorded.push(stream.getAudioTracks()[0]);
      }
    };"""
# Every answer of the browser but the first is its refusal.
REFUSE_ALL_BUT_THE_FIRST = """
    const lend = navigator.mediaDevices.getUserMedia;
    let lent = 0;
    navigator.mediaDevices.getUserMedia = async (wish) => {
      lent += 1;
      if (lent > 1) throw new DOMException('in use', 'NotReadableError');
      return lend.call(navigator.mediaDevices, wish);
    };"""
# A browser that does not let the page's audio run.
ASLEEP = "Object.defineProperty(BaseAudioContext.prototype, 'state', { get: () => 'suspended' });"


def recording_with_choice(page: Page) -> list[WebElement]:
    """Record, and return the microphones that can be chosen."""
    page.record()
    open_panel(page)
    page.wait(lambda: page.find("#device-field").is_displayed(), "no choice of microphones")
    options = page.all("#device option")
    assert len(options) >= 3
    return options


def wait_note(page: Page, words: str) -> None:
    page.wait(lambda: words in page.text("#device-note"), f"it does not say {words!r}")


def goes_on(page: Page) -> None:
    """Wait until what is said is heard and counted."""
    stood = page.seconds
    page.wait(lambda: page.seconds > stood + 3.5, "the clock stands still")
    page.hear_more(state=("speech",))
    assert page.state == "recording"


def test_of_several_microphones_one_is_chosen_and_kept_for_the_tab(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav, flags=SEVERAL)
    page.driver.execute_script(TAP)
    chosen = recording_with_choice(page)[-1]
    assert "deviceId" not in js(page, "asked[0].audio")
    chosen_id, name = str(chosen.get_attribute("value")), chosen.text
    page.stop()
    chosen.click()
    assert page.text("#device-note") == ""

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


def test_another_microphone_is_taken_in_the_middle_of_a_recording_which_goes_on(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav, flags=SEVERAL)
    page.driver.execute_script(TAP + RECORDED)
    options = recording_with_choice(page)
    page.hear_more(state=("speech",))
    for chosen in options[1:3]:
        chosen.click()
        wait_note(page, "from now on")
        assert settings(page)["deviceId"] == chosen.get_attribute("value")
        goes_on(page)
    # One microphone at a time is open, and one recording holds what all of them heard.
    assert js(page, "tracks.map((track) => track.readyState)") == ["ended", "ended", "live"]
    assert js(page, "recorded.length") == 1
    assert js(page, "recorded[0].readyState") == "live"
    seconds = page.seconds
    page.stop()
    assert "interrupted" not in page.text("#result-beside")
    page.wait(lambda: page.find("#stage").get_attribute("data-drawn") == "wave", "no waveform")
    assert float(page.find("#seek").get_attribute("max") or 0) > seconds - 1
    assert js(page, "tracks.at(-1).readyState") == "ended"


def test_a_microphone_that_cannot_be_opened_leaves_the_one_before(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav, flags=SEVERAL)
    page.driver.execute_script(TAP + REFUSE_ALL_BUT_THE_FIRST)
    options = recording_with_choice(page)
    options[-1].click()
    wait_note(page, "the one before is kept")
    assert page.find("#device").get_property("value") == ""
    assert js(page, "tracks[0].readyState") == "live"
    goes_on(page)
    page.stop()


def test_a_changed_microphone_that_dies_ends_the_recording_as_the_first_would(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav, flags=SEVERAL)
    page.driver.execute_script(TAP)
    recording_with_choice(page)[-1].click()
    wait_note(page, "from now on")
    page.hear_more(state=("speech",))
    page.driver.execute_script("tracks.at(-1).dispatchEvent(new Event('ended'))")
    page.wait_state("result")
    assert "unplugged" in page.notice


def test_where_the_browser_lets_no_audio_run_the_microphone_is_recorded_as_it_is_and_stays(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav, flags=SEVERAL)
    page.driver.execute_script(TAP + RECORDED + ASLEEP)
    options = recording_with_choice(page)
    assert js(page, "recorded[0] === tracks[0]") is True
    options[-1].click()
    wait_note(page, "next recording")
    page.hear_more(state=("speech",))
    page.stop()
    page.record()
    assert settings(page)["deviceId"] == options[-1].get_attribute("value")


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
    goes_on(page)
    page.stop()

    page.press(page.find('[data-treatment="autoGainControl"]'))
    page.record()
    found = settings(page)
    assert [found[name] for name in TREATMENTS] == [False, True, True]
