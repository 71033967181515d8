"""What the page asks the browser and the server for, noted while it happens."""

from __future__ import annotations

import json
from typing import Any

from chromium import Page
from selenium.webdriver.common.action_chains import ActionChains

SEVERAL = ("--use-fake-device-for-media-stream=device-count=2",)  # microphones

# Headless, the browser has nobody to ask: here the visitor takes time, until `allow()`, for as long
# as they hesitate.
HESITATE = """
    window.hesitating = true;
    const devices = navigator.mediaDevices;
    const ask = devices?.getUserMedia.bind(devices);
    if (ask) devices.getUserMedia = async (wish) => {
      if (window.hesitating) await new Promise((resolve) => { window.allow = resolve; });
      return ask(wish);
    };"""

# Notes what the page asks the browser for, and what it sends; both still happen.
TAP = """
    window.asked = [];
    window.tracks = [];
    window.sent = [];
    const media = navigator.mediaDevices;
    const ask = media.getUserMedia.bind(media);
    media.getUserMedia = async (wish) => {
      asked.push(wish);
      const stream = await ask(wish);
      tracks.push(stream.getAudioTracks()[0]);
      return stream;
    };
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) {
      if (typeof data === 'string') sent.push(data);
      return send.call(this, data);
    };"""


def js(page: Page, script: str) -> Any:
    return page.driver.execute_script(f"return {script}")


def press(page: Page, key: str) -> None:
    ActionChains(page.driver).send_keys(key).perform()


def settings(page: Page) -> dict[str, Any]:
    """Return what the browser does with the newest microphone."""
    return dict(js(page, "tracks.at(-1).getSettings()"))


def starts(page: Page) -> list[dict[str, Any]]:
    """Return what each start of a recording carried."""
    found = [line[line.index("[") :] for line in js(page, "sent") if '"start"' in line]
    return [json.loads(line)[1] for line in found]


def open_panel(page: Page) -> None:
    if not page.find(".tools details").get_property("open"):
        page.press(page.find(".tools summary"))
