"""Everybody can use the pages: axe-core, sizes, keyboard, less motion, in every state."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import chromium
import pytest
from chromium import Page, resize
from scenes import JOURNEYS, Stage
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from servers import Server
from speech import Speech

ROOT = Path(__file__).resolve().parents[2]
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
LOOKING = Path(__file__).with_name("looking.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDTHS = (320, 360, 390, 640, 1280, 1920)  # 640 is 1280 at a zoom of 200 %
TARGET = 44
Open = Callable[..., Page]

BEGIN = """
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');"""

COUNT_DRAWINGS = """
    window.drawings = {};
    for (const method of ['clearRect', 'putImageData', 'drawImage']) {
      const draw = CanvasRenderingContext2D.prototype[method];
      CanvasRenderingContext2D.prototype[method] = function (...about) {
        if (this.canvas.id) drawings[this.canvas.id] = (drawings[this.canvas.id] ?? 0) + 1;
        return draw.apply(this, about);
      };
    }"""


@pytest.fixture
def stage(server: Server, speech: Speech) -> Iterator[Stage]:
    pages: list[Page] = []

    def browser(**how: Any) -> Page:
        pages.append(Page(chromium.launch(**how)))
        return pages[-1]

    yield Stage(server.url, speech.wav, speech.seconds, browser)
    for page in pages:
        page.driver.quit()


def show_at(page: Page, width: int, height: int = 900, *, dark: bool = False) -> None:
    """Give the page a size, and time to draw its pictures anew."""
    resize(page.driver, width, height, dark=dark, calm=True)
    page.driver.execute_async_script("setTimeout(arguments[0], 150)")


def look(page: Page, question: str, *about: object) -> Any:
    """Ask the page one of looking.js's questions; its policy forbids to add a script tag."""
    page.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": LOOKING})
    return page.driver.execute_script(f"return looking.{question}(...arguments)", *about)


def sticking_out(page: Page, width: int) -> list[str]:
    """Return what sticks out or is cut off, and stays so: pictures are drawn after their boxes."""
    deadline = time.monotonic() + 5
    while faults := look(page, "sticking", width):
        if time.monotonic() > deadline:
            return list(faults)
        time.sleep(0.1)
    return []


def axe(page: Page) -> list[str]:
    """Return what axe-core finds, a line a fault."""
    page.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE})
    return list(look(page, "barriers", TAGS))


@pytest.mark.parametrize("name", JOURNEYS)
def test_in_no_state_is_there_a_barrier_in_either_theme_or_at_any_width(
    stage: Stage, name: str
) -> None:
    faults: list[str] = []
    seen = []
    for scene, page in JOURNEYS[name](stage):
        seen.append(scene)
        for dark in (False, True):
            show_at(page, 1280, dark=dark)
            faults += [f"{scene}{' dark' if dark else ''}: {fault}" for fault in axe(page)]
        for width in WIDTHS:
            show_at(page, width)
            wrong = sticking_out(page, width)
            faults += [f"{scene} at {width}: {fault}" for fault in wrong]
            if width == 390:
                wrong = look(page, "small", TARGET)
                faults += [f"{scene}: too small: {fault}" for fault in wrong]
        resize(page.driver, 1280, 900)
    print(", ".join(seen))
    assert not faults, "\n".join(dict.fromkeys(faults))
    assert seen or name == "watching"


@pytest.mark.parametrize("language", ["de", "es"])
def test_longer_languages_find_their_place_on_a_phone(
    open_page: Open, server: Server, speech: Speech, language: str
) -> None:
    page = open_page(
        f"{server.url}/?lang={language}", microphone=speech.wav, size=(390, 844), may_complain=True
    )
    page.wait(lambda: page.all("#cards .sample"), "no sample clips")
    faults = []

    def check(scene: str) -> None:
        for width in (320, 390):
            show_at(page, width, 844)
            for fault in sticking_out(page, width):
                faults.append(f"{scene} at {width}: {fault}")
        for fault in look(page, "small", TARGET):
            faults.append(f"{scene}: too small: {fault}")

    check("idle")
    page.record()
    page.hear_more(state=("speech", "unsure"))
    check("recording")
    if page.find("#share").is_displayed():
        page.click("#share-switch")
        page.wait(lambda: page.find("#share-open").is_displayed(), "no link")
        check("share")
    page.click("#pause")
    page.wait_state("paused")
    check("paused")
    page.stop()
    check("result")
    page.click("#teach")
    check("reading")
    page.click("#voice-skip")
    page.click(".voice-card[data-emotion=happy] .take-record")
    known = ".voice-card[data-emotion=happy][data-name=known]"
    page.wait(lambda: page.all(known), "the take was not learnt", seconds=40)
    check("cards")
    page.click("#voice-close")
    check("judged again")
    assert not faults, "\n".join(dict.fromkeys(faults))


@pytest.mark.parametrize("size", [(1280, 900), (390, 844)])
@pytest.mark.parametrize("scene", ["idle", "recording", "result"])
def test_tab_reaches_everything_and_the_focus_is_always_seen(
    open_page: Open, speech: Speech, scene: str, size: tuple[int, int]
) -> None:
    page = open_page(microphone=speech.wav, size=size)
    resize(page.driver, *size, calm=True)
    page.wait(lambda: page.all("#cards .sample"), "no sample clips")
    if scene != "idle":
        page.record()
        page.hear_more(state=("speech", "unsure"))
    if scene == "result":
        page.stop()
    page.driver.execute_script(
        "document.activeElement.blur(); scrollTo(0, 0); getSelection().removeAllRanges();"
    )
    # From the beginning of the page, wherever the focus was.
    page.driver.execute_script(BEGIN)
    met = []
    for _ in range(150):
        ActionChains(page.driver).send_keys(Keys.TAB).perform()
        focused = look(page, "focused")
        if focused is None or (met and focused == met[0]):
            break
        assert focused["ring"], f"no ring around {focused}"
        assert focused["on_screen"], f"off the screen: {focused}"
        assert focused["uncovered"], f"covered: {focused}"
        met.append(focused)
    missed = set(look(page, "reachable")) - {focused["name"] for focused in met}
    assert not missed
    assert len(met) > 8


def test_where_less_motion_is_wished_nothing_moves_by_itself(
    open_page: Open, server: Server, speech: Speech
) -> None:
    page = open_page(microphone=speech.wav)
    resize(page.driver, 1280, 900, calm=True)
    script = {"source": COUNT_DRAWINGS}
    page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", script)
    page.open(server.url)
    assert look(page, "moving") == []
    page.record()
    page.hear_more(state=("speech", "unsure"))
    assert look(page, "moving") == []
    page.driver.execute_script("drawings = {}")
    page.driver.execute_async_script("setTimeout(arguments[0], 3000)")
    drawings = page.driver.execute_script("return drawings")
    assert drawings, "nothing is drawn at all"
    # With each window, and with what it was made of, but not with each picture of the screen.
    assert all(count < 3 * 12 for count in drawings.values()), drawings
    page.stop()
    page.driver.execute_async_script("setTimeout(arguments[0], 300)")
    assert look(page, "moving") == []
    behaviour = "return getComputedStyle(document.documentElement).scrollBehavior"
    assert page.driver.execute_script(behaviour) == "auto"


def test_what_the_canvas_shows_stands_in_a_table(open_page: Open, speech: Speech) -> None:
    page = open_page()
    page.find("#file").send_keys(str(speech.path))
    page.wait_state("result")
    rows = page.driver.execute_script(
        "return [...document.querySelectorAll('#values tbody tr')].map((row) => row.innerText)"
    )
    assert len(rows) == len(speech.judgement["probabilities"])
    for row, share in zip(rows, speech.judgement["probabilities"].values(), strict=True):
        assert f"{share * 100:.0f}" in row
    for canvas in page.all("canvas"):
        hidden = canvas.get_attribute("aria-hidden") == "true"
        assert hidden or canvas.get_attribute("aria-label"), canvas.get_attribute("id")
