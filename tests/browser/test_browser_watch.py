"""A shared live view in two real browsers: one speaks, the other watches."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from chromium import Page, resize
from selenium.webdriver.common.keys import Keys
from servers import Server, serve
from speech import Speech

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    not (ROOT / "webapp" / "audience.py").is_file(), reason="this server shares no views"
)
Open = Callable[..., Page]
HEARS = ("speech", "unsure")


def share(page: Page) -> str:
    """Switch the live view on; return its link."""
    page.click("#share-switch")
    page.wait(lambda: page.find("#share-open").is_displayed(), "no link was made")
    return str(page.find("#share-url").get_property("value"))


def strip(page: Page) -> list[str]:
    return [str(item.get_attribute("title")) for item in page.all("#strip li")]


def test_a_watcher_sees_what_the_speaker_sees_and_how_it_ends(
    open_page: Open, server: Server, speech: Speech
) -> None:
    speaker = open_page(microphone=speech.wav)
    assert not speaker.find("#share").is_displayed()  # nothing is recorded, nothing can be shared
    speaker.record()
    speaker.hear_more(state=HEARS)
    link = share(speaker)
    assert link.startswith(f"{server.url}/watch/")
    assert "hears nothing" in speaker.text("#share-note")
    assert speaker.text("#share-count") == "Nobody watching yet"

    watcher = open_page(link)
    watcher.wait_state("live")
    assert strip(watcher), "what was heard before is missing"
    watcher.hear_more(state=HEARS)
    assert sum(watcher.values["shares"].values()) == pytest.approx(1, abs=1e-3)
    watched = watcher.values
    # They see the same windows; the speaker may be one or two further by now.
    assert abs(int(speaker.values["seq"]) - int(watched["seq"])) <= 4
    speaker.wait(lambda: speaker.text("#share-count") == "1 watching", "nobody is counted")
    asks = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    assert not any("microphone" in name for name in watcher.driver.execute_script(asks))
    assert not watcher.all("audio")

    speaker.click("#pause")
    watcher.wait_state("paused")
    speaker.click("#resume")
    watcher.wait_state("live")
    watcher.hear_more(state=HEARS)

    speaker.click("#share-stop")
    watcher.wait_state("ended")
    assert "stopped sharing" in watcher.text("#state")
    assert strip(watcher)  # what was seen stays to be looked at
    assert speaker.find("#share-switch").get_attribute("aria-checked") == "false"
    assert speaker.state == "recording"

    # The old link is dead, for those who come now as well.
    late = watcher.open(link)
    late.wait_state("missing")
    assert share(speaker) != link


def test_a_view_ends_with_its_recording(open_page: Open, speech: Speech) -> None:
    speaker = open_page(microphone=speech.wav)
    speaker.record()
    watcher = open_page(share(speaker))
    watcher.wait_state("live")
    watcher.hear_more()
    speaker.stop()
    assert not speaker.find("#share").is_displayed()
    watcher.wait_state("ended")
    assert "over" in watcher.text("#state")


def test_a_link_that_ended_with_its_connection_is_said_to_have_ended(
    open_page: Open, speech: Speech
) -> None:
    with serve() as server:
        speaker = open_page(server.url, microphone=speech.wav, may_complain=True)
        speaker.record()
        link = share(speaker)
        watcher = open_page(link, may_complain=True)
        watcher.wait_state("live")
        os.kill(server.workers[0], signal.SIGKILL)
        speaker.wait_state("reconnecting")
        watcher.wait_state("interrupted", "missing", "ended")
        speaker.wait_state("recording", seconds=20)
        assert "ended with it" in speaker.text("#share-note")
        assert speaker.find("#share-switch").get_attribute("aria-checked") == "false"
        watcher.wait_state("missing", "ended", seconds=20)
        assert share(speaker) != link


def test_sharing_by_keyboard_alone(open_page: Open, speech: Speech) -> None:
    page = open_page(microphone=speech.wav)
    page.record()

    def focused() -> str:
        return str(page.driver.switch_to.active_element.get_attribute("id"))

    page.find("#stop").send_keys(Keys.TAB)
    for _ in range(2):  # past the help and what the microphone's panel hides
        if focused() != "share-switch":
            page.driver.switch_to.active_element.send_keys(Keys.TAB)
    assert focused() == "share-switch"
    page.driver.switch_to.active_element.send_keys(Keys.SPACE)
    page.wait(lambda: focused() == "share-copy", "the focus is not where the link is")
    page.driver.switch_to.active_element.send_keys(Keys.ENTER)
    page.wait(lambda: page.text("#share-copy") == "Copied", "nothing is copied")
    page.driver.switch_to.active_element.send_keys(Keys.TAB)
    while focused() != "share-stop":  # a browser that can send has a button for it between
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
    page.driver.switch_to.active_element.send_keys(Keys.ENTER)
    page.wait(lambda: focused() == "share-switch", "the focus is lost with the button")


def test_a_link_that_is_none_is_answered_with_a_sentence(open_page: Open, server: Server) -> None:
    page = open_page(f"{server.url}/watch/no-such-view")
    page.wait_state("missing")
    assert "no such view" in page.text("#state")
    for width in (320, 390, 768, 1280):
        resize(page.driver, width, 900)
        script = "return [document.documentElement.scrollWidth, innerWidth]"
        assert page.driver.execute_script(script) == [width, width]
    page.click("#again")
    page.wait_state("missing")
