"""A result as the page shows it: how to come to one, and what can be read off it."""

from __future__ import annotations

import json
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


# A report with every section that the page knows, on top of the real one.
ALARMS = {
    "people": 298,
    "false": 0.08,
    "neutral": 0.71,
    "anybody_first_10_s": 0.25,
    "changes_a_minute": 3.46,
}
SECTIONS: dict[str, Any] = {
    "ordinary": ALARMS
    | {
        "acted_neutral": 0.12,
        "groups": [
            ALARMS | {"by": "kind", "name": "read"},
            ALARMS | {"by": "kind", "name": "read, second language", "false": 0.12},
            ALARMS | {"by": "kind", "name": "read, child", "false": 0.31},
            ALARMS | {"by": "sex", "name": "F", "false": 0.11},
            ALARMS | {"by": "sex", "name": "M", "false": 0.05},
            ALARMS | {"by": "pitch", "name": "below 165 Hz"},
            ALARMS | {"by": "pitch", "name": "above 165 Hz"},
        ],
        "calibration": {
            "people": 280,
            "before_false": 0.09,
            "after_false": 0.04,
            "before_neutral": 0.7,
            "after_neutral": 0.83,
        },
    },
    "sessions": {
        "clips": 3600,
        "corpora": 9,
        "nothing": 0.47,
        "neutral": 0.52,
        "same": 0.45,
        "mixed": 0.53,
        "all": 0.57,
    },
    "teaching": {
        "clips": 900,
        "corpora": 9,
        "lessons": [{"clips": 3, "known": 0.55, "taught": 0.71}],
    },
    "people": {
        "women": 0.62,
        "men": 0.58,
        "largest_gap": 0.2,
        "speakers": 130,
        "worst": 0.19,
        "median": 0.59,
        "gini": 0.154,
    },
    "sounds": [
        {"name": "rain", "refused": 1.0, "false": 0.0},
        {"name": "cough", "refused": 0.7, "false": 0.23},
        {"name": "person sneeze", "refused": 0.9, "false": 0.1},
    ],
}
# Adds sections to the report that the server sends; for `before`.
ADD_SECTIONS = """
    const real = window.fetch;
    window.fetch = async (url, ...more) => {
      const answer = await real(url, ...more);
      if (!String(url).endsWith('/api/v1/model')) return answer;
      const model = await answer.json();
      Object.assign(model.report, SECTIONS);
      return Response.json({ ...model, prior: { neutral: 0.5, happy: 0, sad: 0 } });
    };"""


def with_sections(page: Page, sections: dict[str, Any] = SECTIONS) -> Page:
    """Load the page anew with a report that has these sections, however the real one is."""
    page.before(ADD_SECTIONS.replace("SECTIONS", json.dumps(sections))).driver.refresh()
    page.wait(lambda: page.body("ready") == "true", "the page did not become ready")
    return with_report(page)


def unfold(page: Page) -> None:
    """Open every part of the page that is folded."""
    script = "for (const fold of document.querySelectorAll('details')) fold.open = true"
    page.driver.execute_script(script)


def with_report(page: Page) -> Page:
    page.wait(lambda: page.find("#model-report").is_displayed(), "the report did not appear")
    return page
