"""A recording by single keys, and the help that explains them."""

from __future__ import annotations

from collections.abc import Callable

from chromium import Page
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from speech import Speech
from tap import SEVERAL, open_panel, press

Open = Callable[..., Page]


def test_a_recording_is_made_paused_resumed_and_stopped_by_single_keys(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav)
    assert page.find("#record").get_attribute("aria-keyshortcuts") == "R"
    press(page, "r")
    page.wait_state("recording")
    page.hear_more()
    press(page, "p")
    page.wait_state("paused")
    press(page, "P")
    page.wait_state("recording")
    ActionChains(page.driver).key_down(Keys.ALT).send_keys("s").key_up(Keys.ALT).perform()
    page.hear_more()
    assert page.state == "recording"  # with a modifier it is the browser's own
    press(page, "s")
    page.wait_state("result")


def test_keys_are_explained_and_switched_off_in_the_help_and_that_is_remembered(
    open_page: Open, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav)
    press(page, "?")
    assert page.find("#help").is_displayed()
    for key in ("R", "P", "S", "?", "Esc"):
        assert key in page.find("#help table").text
    press(page, "r")  # not while a dialog is open
    press(page, Keys.ESCAPE)
    assert not page.find("#help").is_displayed()
    assert page.state == "idle"

    page.click("#help-open")
    page.click("#help-keys")
    page.click("#help-close")
    press(page, "r")
    press(page, "?")
    assert page.state == "idle"
    assert not page.find("#help").is_displayed()
    assert page.find("#record").get_attribute("aria-keyshortcuts") is None

    page.driver.refresh()
    page.wait(lambda: page.body("ready") == "true", "the page did not become ready")
    press(page, "r")
    assert page.state == "idle"
    page.click("#help-open")
    assert page.find("#help-keys").is_selected() is False
    page.click("#help-keys")
    page.click("#help-close")
    press(page, "r")
    page.wait_state("recording")


def test_who_types_in_a_field_presses_no_button(open_page: Open, speech: Speech) -> None:
    page = open_page(microphone=speech.wav, flags=SEVERAL)
    page.record()
    open_panel(page)
    page.wait(lambda: page.find("#device").is_displayed(), "no choice of microphones")
    page.driver.execute_script("document.getElementById('device').focus()")
    press(page, "s")
    page.hear_more()
    assert page.state == "recording"
    page.stop()
