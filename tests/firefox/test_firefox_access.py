"""What axe-core finds in Firefox, with its own fonts and its own form elements."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.firefox.firefox_page import Page
from tests.firefox.pulse import Room
from tests.speech import Speech

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = pytest.mark.skipif(
    not AXE.is_file() and not os.environ.get("CI"), reason="no axe-core here: run `npm ci`"
)
# A picture that fades in has colours that no eye reads; what counts is where it comes to rest.
FIND = """async () => {
    await Promise.all(document.getAnimations()
        .filter((one) => one.effect?.getComputedTiming().iterations !== Infinity)
        .map((one) => one.finished.catch(() => {})));
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


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_in_any_state(
    open_page: Callable[..., Page], room: Room, speech: Speech, dark: bool
) -> None:
    page = open_page(dark=dark)
    page.wait(lambda: page.count("#cards .sample") >= 10, "the sample clips did not appear")
    assert page.run("() => matchMedia('(prefers-color-scheme: dark)').matches") is dark
    assert found(page) == []
    page.record()
    room.say(speech.wav)
    page.hear_more(state=("speech", "unsure"))
    assert found(page) == []
    page.stop()
    assert found(page) == []


def test_axe_finds_what_is_wrong(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.run("() => { document.getElementById('record-text').textContent = ''; }")
    assert any(line.startswith("button-name ") for line in found(page))
