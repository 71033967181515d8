"""The panel that teaches a voice: takes of real speech, what they change, and the profile."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chromium import Page
from scenes import DOUBT, drums, say
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from servers import Server
from speech import acted, write_wav
from tap import TAP, js, press, starts

Open = Callable[..., Page]
# Notes what is posted to be taught, by field; it still happens.
POSTS = """
    window.posts = [];
    const post = window.fetch;
    window.fetch = (url, how) => {
      if (how?.body instanceof FormData) {
        posts.push([...how.body].map(([field, file]) => [field, file.name, file.size]));
      }
      return post(url, how);
    };"""


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    """Return the file that the microphone hears; `say` writes it anew for each take."""
    path = tmp_path / "microphone.wav"
    write_wav(acted("happy")[0], path, before_s=0.3, after_s=3.0)
    return path


def open_cards(page: Page) -> Page:
    """Open the panel, without the reading."""
    page.click("#teach")
    page.click("#voice-skip")
    return page


def kept(page: Page, storage: str = "sessionStorage") -> dict[str, Any] | None:
    found = json.loads(js(page, f"{storage}.getItem('voice')") or "null")
    return found if found is None else dict(found)


def card(emotion: str) -> str:
    return f".voice-card[data-emotion={emotion}]"


def press_take(page: Page, emotion: str, take: int, words: str) -> None:
    """Press one of a take's buttons."""
    item = page.all(f"{card(emotion)} .take-item")[take]
    (button,) = [b for b in item.find_elements(By.TAG_NAME, "button") if b.text == words]
    page.press(button)


def test_takes_teach_a_voice_and_the_next_recording_uses_the_profile(
    open_page: Open, wav: Path
) -> None:
    page = open_page(microphone=wav)
    page.driver.execute_script(TAP)
    page.driver.execute_script(POSTS)
    open_cards(page)
    assert page.count("#voice-cards .voice-card") == 5
    for emotion, clip in (("happy", 0), ("angry", 0), ("happy", 1), ("angry", 1)):
        say(page, emotion, acted(emotion)[clip], wav)
        assert page.text(f"{card(emotion)} .card-said") == f"Knows your {emotion} voice"
        assert js(page, "tracks.at(-1).readyState") == "ended"
    fields = [[field for field, _, _ in post] for post in js(page, "posts")]
    assert fields == [
        ["happy"],
        ["happy", "angry"],
        ["happy", "angry", "happy"],
        ["happy", "angry", "happy", "angry"],
    ]
    assert all(size > 5000 for post in js(page, "posts") for _, _, size in post)
    verdict = page.text("#voice-verdict")
    known = kept(page)
    assert known is not None
    check, separates = known["taught"]["check"], known["taught"]["separates"]
    assert check["clips"] == 4
    if separates:
        said = f"Right on {check['untaught']} of your 4 takes before, {check['taught']} now."
        assert verdict == said
    else:
        assert "do not differ enough" in verdict
    assert "2 happy, 2 angry" in page.text("#voice-known")
    page.click("#voice-close")
    assert "2 happy, 2 angry" in page.text("#voice-note")
    assert page.find("#voice-switch").get_attribute("aria-checked") == "true"

    page.record()
    page.hear_more()
    assert starts(page)[-1]["speaker"] == known["taught"]["speaker"]
    page.stop()
    page.click("#voice-switch")
    page.record()
    page.hear_more()
    assert "speaker" not in starts(page)[-1]
    page.stop()


def test_a_take_ends_by_itself_or_by_the_visitor_can_be_heard_said_again_and_removed(
    open_page: Open, wav: Path
) -> None:
    page = open_cards(open_page(microphone=wav))
    say(page, "happy", acted("happy")[0], wav)
    press_take(page, "happy", 0, "Hear")
    page.wait(lambda: page.get("#voice-audio", "currentTime") > 0.2, "it does not sound")
    press_take(page, "happy", 0, "Stop")
    assert page.find("#voice-audio").get_property("paused") is True
    (first,) = [item.get_attribute("data-take") for item in page.all(".take-item")]

    write_wav(acted("happy")[1], wav, before_s=0.3, after_s=3.0)
    height = page.find(card("happy")).rect["height"]
    press_take(page, "happy", 0, "Say again")
    page.wait(lambda: page.data(card("happy"), "name") == "recording", "it does not record")
    assert page.find(card("happy")).rect["height"] == height  # nothing jumps under the finger
    meter = f"{card('happy')} meter"
    page.wait(lambda: float(page.get(meter, "value")) > -40, "the level does not move")
    assert page.find(f"{card('happy')} .take-record").text == "Stop"
    page.driver.execute_async_script("setTimeout(arguments[0], 1200)")
    page.click(f"{card('happy')} .take-record")
    page.wait(lambda: page.data(".take-item", "take") not in (None, first), "not replaced")
    page.wait(lambda: page.data(card("happy"), "name") == "known", "it was not learnt")
    assert page.count(".take-item") == 1
    # The button that was pressed has gone with its take; the card's own has the focus.
    assert page.run("() => document.activeElement.dataset.key") == "happy record"

    press_take(page, "happy", 0, "Remove")
    page.wait(lambda: page.count(".take-item") == 0, "it was not removed")
    assert kept(page) is None
    assert page.text(f"{card('happy')} .card-said") == "Not taught yet"


def test_a_take_without_a_voice_is_marked_at_its_card_and_the_earlier_profile_stays(
    open_page: Open, wav: Path, tmp_path: Path
) -> None:
    drums(tmp_path / "drums.wav")
    page = open_cards(open_page(microphone=wav, may_complain=True))  # the browser notes the 422
    say(page, "happy", acted("happy")[0], wav)
    before = kept(page)
    say(page, "angry", tmp_path / "drums.wav", wav, until=("waiting",))
    item = page.find(f"{card('angry')} .take-item")
    assert item.get_attribute("data-fault") in ("no_voice", "too_short")
    assert "not used" in item.text
    assert kept(page) == before
    assert page.text(f"{card('happy')} .card-said") == "Knows your happy voice"
    press_take(page, "angry", 0, "Remove")
    assert kept(page) == before
    assert page.data(card("angry"), "name") == "empty"


def test_the_page_asks_about_a_doubtful_take_and_remembers_that_it_is_kept(
    open_page: Open, wav: Path, server: Server
) -> None:
    page = open_page(microphone=wav).before(DOUBT).open(server.url)
    open_cards(page)
    page.run("() => { window.doubting = true; }")
    say(page, "happy", acted("happy")[0], wav)
    question = page.text(f"{card('happy')} .doubt")
    assert question.startswith("This take sounds angry to the model. Keep it as happy")
    press_take(page, "happy", 0, "Keep as happy")
    page.wait(lambda: page.count(".doubt") == 0, "the question stays")
    assert page.run("() => document.activeElement.dataset.key") == "happy record"
    say(page, "happy", acted("happy")[1], wav)  # doubted as well, and the first is not any more
    assert page.count(".doubt") == 1
    assert page.count(f"{card('happy')} .take-item") == 2


def test_a_server_without_time_keeps_the_takes_and_is_asked_again(
    open_page: Open, wav: Path
) -> None:
    page = open_cards(open_page(microphone=wav, may_complain=True))
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/api/v1/speakers"]})
    say(page, "happy", acted("happy")[0], wav, until=("waiting",))
    page.wait_text(f"{card('happy')} .card-said", "The takes are kept")
    assert kept(page) is None
    page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    page.click("#voice-again")
    page.wait(lambda: page.data(card("happy"), "name") == "known", "it was not learnt")
    assert not page.find("#voice-again").is_displayed()


def test_a_profile_is_remembered_only_where_the_visitor_chose_that_and_forgotten_everywhere(
    open_page: Open, wav: Path, server: Server
) -> None:
    page = open_cards(open_page(microphone=wav))
    say(page, "happy", acted("happy")[0], wav)
    assert kept(page, "localStorage") is None
    page.click("#voice-remember")
    assert page.find("#voice-remember").get_attribute("aria-checked") == "true"
    remembered = kept(page, "localStorage")
    assert remembered is not None
    assert remembered["taught"]["clips"] == {"happy": 1}
    assert len(json.dumps(remembered)) < 5000  # a text and counts: no sound
    page.driver.execute_script("sessionStorage.clear()")  # as another tab
    page.open(server.url)
    assert "1 happy" in page.text("#voice-note")
    page.click("#teach")
    assert page.text(f"{card('happy')} .card-said") == "Knows your happy voice"
    assert page.find("#voice-fresh").is_displayed()
    page.click("#voice-forget")
    assert kept(page) is kept(page, "localStorage") is None
    assert "Forgotten" in page.text("#voice-said")
    assert page.find("#reading-begin").is_displayed()
    page.open(server.url)
    assert not page.find("#voice-switch").is_displayed()


def test_a_profile_goes_out_as_a_file_and_comes_back_and_another_file_changes_nothing(
    open_page: Open, wav: Path, tmp_path: Path
) -> None:
    page = open_cards(open_page(microphone=wav, may_complain=True))  # the browser notes the 400
    say(page, "happy", acted("happy")[0], wav)
    behaviour = {"behavior": "allow", "downloadPath": str(tmp_path)}
    page.driver.execute_cdp_cmd("Browser.setDownloadBehavior", behaviour)
    page.click("#voice-save")
    saved = tmp_path / "my-voice.speaker"
    page.wait(saved.is_file, "nothing was saved")
    known = kept(page)
    assert known is not None
    assert saved.read_text().strip() == known["taught"]["speaker"]

    for words in ("no profile at all", "AAAA"):
        other = tmp_path / "other.speaker"
        other.write_text(words)
        page.find("#voice-file").send_keys(str(other))
        page.wait_text("#voice-said", "is no voice profile of the model in use")
        assert kept(page) == known
        assert page.count(".take-item") == 1
        page.driver.execute_script("document.getElementById('voice-said').textContent = ''")

    page.click("#voice-forget")
    page.find("#voice-file").send_keys(str(saved))
    page.wait_text("#voice-said", "in use now")
    assert "from a file" in page.text("#voice-known")
    again = kept(page)
    assert again is not None
    assert again["taught"]["speaker"] == saved.read_text().strip()
    page.click("#voice-close")
    page.record()
    page.hear_more()
    page.stop()
    assert kept(page) == again  # the server knows it: the recording did not go on without


def test_what_is_on_the_page_is_judged_again_with_the_new_profile(
    open_page: Open, wav: Path
) -> None:
    page = open_page(microphone=wav)
    assert not page.find("#rejudge").is_displayed()
    page.record()
    page.wait(lambda: page.seconds > 3, "the clock stands still")
    page.stop()
    before = page.values["shares"]
    assert not page.find("#rejudge").is_displayed()  # there is no profile
    open_cards(page)
    for emotion, clip in (("sad", 0), ("angry", 0), ("sad", 1), ("angry", 1)):
        say(page, emotion, acted(emotion)[clip], wav)
    page.click("#voice-close")
    page.click("#rejudge")
    page.wait_text("#rejudged", "With your voice profile")
    after = page.values["shares"]
    assert page.state == "result"
    assert max(abs(after[label] - before[label]) for label in before) > 0.01
    assert not page.find("#rejudge").is_displayed()  # it was judged with this profile
    assert page.focused == "result-sentence"

    page.find("#file").send_keys(str(acted("angry")[0]))  # an upload can be judged again, too
    page.wait_state("judging", "result")
    page.wait_state("result", seconds=60)
    page.click("#rejudge")
    page.wait_text("#rejudged", "With your voice profile")
    page.click("#discard")
    assert not page.find("#rejudge").is_displayed()


def test_the_panel_is_used_by_keyboard_alone_and_escape_drops_a_take(
    open_page: Open, wav: Path
) -> None:
    page = open_page(microphone=wav)
    page.driver.execute_script(TAP)
    page.driver.execute_script("document.getElementById('teach').focus()")
    press(page, Keys.ENTER)
    assert page.focused == "reading-begin"
    ActionChains(page.driver).send_keys(Keys.TAB, Keys.ENTER).perform()
    assert page.focused == "voice-cards-heading"
    ActionChains(page.driver).send_keys(Keys.TAB, Keys.ENTER).perform()
    page.wait(lambda: page.data(card("neutral"), "name") == "recording", "it does not record")
    assert page.run("() => document.activeElement.dataset.key") == "neutral record"
    press(page, Keys.ESCAPE)
    page.wait(lambda: not page.find("#voice-dialog").is_displayed(), "it does not close")
    page.wait(lambda: js(page, "tracks.at(-1).readyState") == "ended", "the microphone is open")
    assert page.focused == "teach"
    assert page.state == "idle"
    assert kept(page) is None
    page.click("#teach")
    assert page.count(".take-item") == 0


def test_a_refused_microphone_is_told_at_the_card(open_page: Open) -> None:
    page = open_cards(open_page(permission="refused"))
    page.click(f"{card('sad')} .take-record")
    page.wait_text(f"{card('sad')} .card-said", "was refused")
    assert page.data(card("sad"), "name") == "empty"
