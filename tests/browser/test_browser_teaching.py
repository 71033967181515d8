"""Teaching a voice on the page: takes of the cards, the profile that they give, and its keeping."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
from chromium import Page
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from speech import RATE, Speech, write_wav
from tap import TAP, js, starts

from models import Recognizer

Open = Callable[..., Page]
PROFILE = "teaching.speaker"


def card(page: Page, emotion: str) -> WebElement:
    return page.find(f"#teach-cards .c-{emotion}")


def press(page: Page, key: str) -> None:
    page.click(f'#teach-cards [data-key="{key}"]')


def rests(page: Page) -> bool:
    """Return whether no take is recorded or judged; the cards are drawn anew all the time."""
    return not js(page, "document.querySelector('[data-key=say-sad]').disabled")


def say(page: Page, emotion: str, *, key: str = "", tries: int = 3) -> None:
    """Record a take and wait for the answer; on a busy machine a take may miss the sentence."""
    before = len(card(page, emotion).find_elements(By.CSS_SELECTOR, "li"))
    press(page, key or f"say-{emotion}")

    def judged() -> bool:
        state = js(page, f"document.querySelector('#teach-cards .c-{emotion}').dataset.state")
        return state == "resting" and rests(page)

    page.wait(lambda: page.text("#teach-state") != "", "nothing is said")
    page.wait(judged, "the take is not judged", seconds=30)
    takes = card(page, emotion).find_elements(By.CSS_SELECTOR, "li")
    assert len(takes) == before + (0 if key else 1)
    missed = [take for take in takes if "is not used" in take.text]
    if missed and tries > 1:
        again = missed[0].find_element(By.CSS_SELECTOR, '[data-key^="again"]')
        say(page, emotion, key=str(again.get_attribute("data-key")), tries=tries - 1)


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """Return a file with a profile of the served model, taught from the sample clips."""
    import soundfile

    recognizer = Recognizer.load()
    folder = Path(__file__).resolve().parents[2] / "samples" / "synthetic"
    clips = {
        emotion: [soundfile.read(folder / f"{emotion}-woman-home.flac", dtype="float32")[0]]
        for emotion in ("sad", "angry")
    }
    path = tmp_path / PROFILE
    path.write_text(recognizer.to_text(recognizer.teach(clips)) + "\n")
    return path


@pytest.fixture
def taught(open_page: Open, talk: Path, profile: Path) -> Page:
    """Return the page with the cards open, after a profile was loaded."""
    page = open_page(microphone=talk, may_complain=True)
    page.driver.execute_script(TAP)
    page.click("#calibrate")
    assert not page.find("#teach").is_displayed()
    # The cards appear with a profile: of the reading, or of a file.
    page.find("#teach-load").send_keys(str(profile))
    page.wait(lambda: page.find("#teach").is_displayed(), "the cards do not appear")
    return page


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """Return a WAV for the microphone: sentences one after the other, with short pauses."""
    folder = Path(__file__).resolve().parents[2] / "samples" / "synthetic"
    parts = []
    for sentence in ("home", "letter"):
        write_wav(folder / f"angry-woman-{sentence}.flac", tmp_path / "part.wav", after_s=0.2)
        with wave.open(str(tmp_path / "part.wav")) as part:
            parts.append(part.readframes(part.getnframes()))
    with wave.open(str(tmp_path / "talk.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(b"".join(parts))
    return tmp_path / "talk.wav"


def kept(page: Page) -> dict[str, object]:
    found = js(page, "sessionStorage.getItem('voice')")
    return dict(json.loads(found)) if found else {}


@pytest.mark.slow  # ten seconds of speech are ten seconds
def test_a_reading_and_one_take_teach_a_voice_that_the_next_recording_uses(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav, may_complain=True)
    page.driver.execute_script(TAP)
    page.click("#calibrate")
    page.click("#calibration-begin")
    dialog = "#calibration-dialog"
    page.wait(lambda: page.data(dialog, "state") == "done", "it does not end", seconds=45)
    assert "Your reading" in card(page, "neutral").text
    say(page, "happy")
    assert page.text("#teach-state").startswith("Knows your neutral and happy voice.")
    assert js(page, "tracks.at(-1).readyState") == "ended"
    assert kept(page)["taught"]["clips"] == {"neutral": 1, "happy": 1}
    page.click("#calibration-close")
    assert "judged by your own voice" in page.text("#voice-note")
    page.record()
    page.hear_more(state=("speech", "unsure"))
    assert starts(page)[-1]["speaker"] == kept(page)["speaker"]
    page.stop()


def test_takes_are_added_said_again_and_removed(taught: Page) -> None:
    say(taught, "angry")
    say(taught, "sad")
    assert kept(taught)["taught"]["clips"] == {"angry": 1, "sad": 1}
    assert taught.text("#teach-state") == "Knows your sad and angry voice."
    say(taught, "angry")
    say(taught, "sad")
    assert "of your 4 takes before" in taught.text("#teach-state")
    (first, _) = card(taught, "angry").find_elements(By.CSS_SELECTOR, "li")
    again = first.find_element(By.CSS_SELECTOR, '[data-key^="again"]').get_attribute("data-key")
    say(taught, "angry", key=str(again))
    assert kept(taught)["taught"]["clips"] == {"angry": 2, "sad": 2}
    for _ in range(2):
        button = card(taught, "sad").find_element(By.CSS_SELECTOR, '[data-key^="remove"]')
        button.click()
        taught.wait(lambda: rests(taught), "no answer")
    assert kept(taught)["taught"]["clips"] == {"angry": 2}
    assert taught.driver.switch_to.active_element.get_attribute("data-key") == "say-sad"


def test_a_take_without_a_voice_is_told_at_its_card_and_changes_nothing(
    open_page: Open, profile: Path, tmp_path: Path
) -> None:
    with wave.open(str(tmp_path / "silence.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(bytes(4 * RATE))
    page = open_page(microphone=tmp_path / "silence.wav", may_complain=True)
    page.click("#calibrate")
    page.find("#teach-load").send_keys(str(profile))
    page.wait(lambda: page.find("#teach").is_displayed(), "the cards do not appear")
    before = kept(page)
    say(page, "happy", tries=1)
    assert "this take is not used" in card(page, "happy").text
    assert page.text("#teach-state") == "There is no take to learn from."
    assert kept(page) == before


def test_a_profile_is_remembered_only_on_request_and_forgotten_everywhere(
    taught: Page, profile: Path
) -> None:
    text = profile.read_text().strip()
    assert kept(taught)["speaker"] == text
    assert js(taught, "localStorage.getItem('voice')") is None
    taught.click("#teach-remember")
    assert json.loads(js(taught, "localStorage.getItem('voice')"))["speaker"] == text
    taught.driver.execute_script("sessionStorage.clear()")
    taught.driver.refresh()
    taught.wait(lambda: taught.body("ready") == "true", "the page did not become ready")
    assert f"the profile of {PROFILE}" in taught.text("#voice-note")
    taught.click("#calibrate")
    assert taught.find("#teach-remember").is_selected()
    taught.click("#teach-forget")
    assert "forgotten" in taught.text("#teach-state")
    assert js(taught, "localStorage.getItem('voice')") is None
    assert js(taught, "sessionStorage.getItem('voice')") is None


def test_a_file_without_a_profile_changes_nothing(taught: Page, tmp_path: Path) -> None:
    before = kept(taught)
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Sir or Madam, this is a letter.")
    taught.find("#teach-load").send_keys(str(letter))
    taught.wait(lambda: "letter.txt" in taught.text("#teach-state"), "nothing is said")
    assert "holds no voice profile" in taught.text("#teach-state")
    assert kept(taught) == before


def test_a_recording_and_an_upload_are_judged_again_by_the_profile(
    open_page: Open, speech: Speech, profile: Path
) -> None:
    page = open_page(microphone=speech.wav)
    page.record()
    page.hear_more(state=("speech", "unsure"))
    page.wait(lambda: page.seconds > 3, "the clock stands still")
    page.stop()
    judge_again(page, profile)
    page.click("#voice-forget")
    page.find("#file").send_keys(str(speech.path))
    page.wait_state("result")
    judge_again(page, profile)


def judge_again(page: Page, profile: Path) -> None:
    assert not page.find("#judge-again").is_displayed()
    before = page.values["shares"]
    page.click("#calibrate")
    page.find("#teach-load").send_keys(str(profile))
    page.wait(lambda: kept(page) != {}, "no profile")
    page.click("#calibration-close")
    page.click("#judge-again")
    page.wait(lambda: page.state == "result" and page.values["shares"] != before, "as before")
    after = page.values["shares"]
    assert max(abs(after[emotion] - before[emotion]) for emotion in before) > 0.01
    assert page.find("#listen").is_displayed()


def test_leaving_the_dialog_ends_a_take(taught: Page) -> None:
    press(taught, "say-angry")
    state = "#teach-cards .c-angry"
    listening = f"document.querySelector('{state}').dataset.state === 'listening'"
    taught.wait(lambda: bool(js(taught, listening)), "it does not listen")
    taught.click("#calibration-close")
    taught.wait(lambda: js(taught, "tracks.at(-1).readyState") == "ended", "it goes on")
    taught.click("#calibrate")
    taught.wait(lambda: taught.data(state, "state") == "resting", "it goes on")
    assert not card(taught, "angry").find_elements(By.CSS_SELECTOR, "li")
