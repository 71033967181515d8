"""What axe-core finds in Firefox, with its own fonts and its own form elements."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.firefox.firefox import ALLOW, ASK, BLOCK, Firefox
from tests.firefox.firefox_page import Page
from tests.firefox.pulse import Room
from tests.pages import HEARS
from tests.speech import Speech

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = pytest.mark.skipif(
    not AXE.is_file() and not os.environ.get("CI"), reason="no axe-core here: run `npm ci`"
)
IS_DARK = "() => matchMedia('(prefers-color-scheme: dark)').matches"
# A picture that fades in has colours that no eye reads; what counts is where it comes to rest.
FIND = """async () => {
    document.getAnimations()
        .filter((one) => one.effect?.getComputedTiming().iterations !== Infinity)
        .forEach((one) => one.finish());
    const {violations} = await axe.run();
    return violations.map(({id, help, nodes}) =>
        `${id} (${help}): ${nodes.map((node) => `${node.target} ${node.failureSummary}`)}`); }"""


def found(page: Page) -> list[str]:
    """Return what axe-core has to say against the page as it is now."""
    if page.run("() => typeof axe") == "undefined":
        page.bidi.ask(
            "script.evaluate",
            expression=AXE.read_text("utf-8"),
            target={"context": page.context},
            awaitPromise=False,
        )
    return list(page.run(FIND))


def test_axe_finds_nothing_in_any_state_in_either_theme(
    open_page: Callable[..., Page], browser: Firefox, room: Room, speech: Speech
) -> None:
    page = open_page(microphone=ASK)
    page.wait(lambda: page.count("#cards .sample") >= 10, "the sample clips did not appear")

    def look(state: str) -> None:
        page.wait_state(state)
        for dark in (False, True):
            browser.prefer_dark(dark)
            page.wait(lambda dark=dark: page.run(IS_DARK) is dark, "the theme does not change")
            assert found(page) == [], (state, dark)

    look("idle")
    page.click("#record")
    look("asking")
    browser.answer(page, BLOCK)
    look("error")
    browser.decide(page, ALLOW)
    page.wait_state("idle")
    page.record()
    room.say(speech.wav)
    page.hear_more(state=HEARS)
    look("recording")
    page.click("#pause")
    look("paused")
    page.stop()
    look("result")


def test_axe_finds_what_is_wrong(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.run("() => { document.getElementById('record-text').textContent = ''; }")
    assert any(line.startswith("button-name ") for line in found(page))
