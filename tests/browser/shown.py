"""A result as the page shows it: how to come to one, and what can be read off it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chromium import Page
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

# Which object URLs are held, and of what.
KEEP_URLS = """
    window.held = new Map();
    const { createObjectURL: make, revokeObjectURL: revoke } = URL;
    URL.createObjectURL = (blob) => {
      const url = make.call(URL, blob);
      held.set(url, blob);
      return url;
    };
    URL.revokeObjectURL = (url) => { held.delete(url); revoke.call(URL, url); };"""
LOUDNESS = """
    const [done] = arguments;
    const blob = held.get(document.getElementById('playback').src);
    const context = new OfflineAudioContext(1, 1, 16000);
    blob.arrayBuffer().then((bytes) => context.decodeAudioData(bytes)).then((sound) => {
      const samples = sound.getChannelData(0);
      const blocks = Array.from({ length: Math.floor(samples.length / 1600) }, (_, i) =>
        Math.max(...samples.subarray(i * 1600, (i + 1) * 1600).map(Math.abs)));
      done({ seconds: sound.duration, blocks });
    });"""
SCROLLER = "document.getElementById('take').firstElementChild.shadowRoot.querySelector('.scroll')"


def wait_drawn(page: Page, how: str = "wave") -> None:
    page.wait(lambda: page.find("#stage").get_attribute("data-drawn") == how, "no waveform")


def record(page: Page, seconds: float) -> None:
    page.record()
    page.wait(lambda: page.seconds > seconds, "the clock stands still", seconds=seconds + 10)
    page.stop()
    wait_drawn(page)


def upload(page: Page, path: Path, how: str = "wave") -> None:
    page.find("#file").send_keys(str(path))
    page.wait_state("result", seconds=60)
    wait_drawn(page, how)


def cursor(page: Page) -> float:
    """Return the second at which the cursor stands, by its place over the strip."""
    script = """
        const { left } = document.getElementById('cursor').getBoundingClientRect();
        const long = document.getElementById('long').getBoundingClientRect();
        return (left + 1 - long.left) / long.width * Number(document.getElementById('seek').max);"""
    return float(page.driver.execute_script(script))


def played(page: Page) -> float:
    return float(page.find("#playback").get_property("currentTime"))


def length(page: Page) -> float:
    return float(page.find("#seek").get_attribute("max") or 0)


def regions(page: Page) -> list[dict[str, Any]]:
    """Return each region on the waveform: its word, its colour, and from where to where it goes."""
    script = f"""
        const whole = {SCROLLER}.firstElementChild.getBoundingClientRect();
        const {{ max }} = document.getElementById('seek');
        const seconds = (x) => (x - whole.left) / whole.width * Number(max);
        const parts = [...{SCROLLER}.querySelectorAll('[part^=region]')];
        return parts.filter((part) => part.title).map((part) => {{
          const box = part.getBoundingClientRect();
          const {{ backgroundColor: colour, borderTopWidth: edge }} = getComputedStyle(part);
          const [from, to] = [seconds(box.left), seconds(box.right)];
          return {{ word: part.textContent, colour, edge, from, to }};
        }});"""
    return list(page.driver.execute_script(script))


def turns(page: Page) -> list[dict[str, Any]]:
    script = "return [...document.querySelectorAll('#turns li')].map((item) => ({...item.dataset}))"
    return [
        {"kind": turn["kind"], "start": float(turn["start"]), "end": float(turn["end"])}
        for turn in page.driver.execute_script(script)
    ]


def click_at(page: Page, selector: str, share: float) -> None:
    element = page.find(selector)
    script = "arguments[0].scrollIntoView({behavior: 'instant', block: 'center'})"
    page.driver.execute_script(script, element)
    across = round((share - 0.5) * element.size["width"])
    ActionChains(page.driver).move_to_element_with_offset(element, across, 0).click().perform()


def cards(page: Page) -> list[WebElement]:
    return list(page.wait(lambda: page.all("#cards .sample"), "the sample clips did not appear"))


def judge(page: Page, card: WebElement) -> None:
    page.press(card.find_element(By.CSS_SELECTOR, ".judge"))
    page.wait_state("judging", "result")
    page.wait_state("result")


def with_report(page: Page) -> Page:
    page.wait(lambda: page.find("#model-report").is_displayed(), "the report did not appear")
    return page
