"""A real headless Chromium whose microphone plays a file, and the page as a visitor sees it."""

from __future__ import annotations

import json
import shutil
import wave
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
import numpy as np
from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--lang=en",
    "--accept-lang=en",
)
RATE = 48_000


def missing() -> str | None:
    """Return what this machine lacks for driving a browser, in a sentence, or None."""
    if not any(map(shutil.which, BROWSERS)):
        return "no Chromium on this machine: install chromium and chromium-driver"
    if not shutil.which("chromedriver"):
        return "no chromedriver on this machine: install chromium-driver"
    return None


def launch(
    *,
    microphone: Path | None = None,
    permission: str = "granted",
    loop: bool = True,
    size: tuple[int, int] = (1280, 900),
    dark: bool = False,
    flags: tuple[str, ...] = (),
) -> webdriver.Chrome:
    """Start a browser.

    Parameters
    ----------
    microphone : Path, optional
        A WAV file that its microphone plays, from the beginning at each opening. Without it
        there is no microphone.
    permission : {"granted", "refused", "settable"}
        What it answers when the page asks for the microphone; "settable" by `set_permission`.
    loop : bool
        Whether the file starts over at its end; else silence follows.
    size : (int, int)
        Of the page, in CSS pixels.
    dark : bool
        Whether the system prefers dark pages.
    flags : tuple of str
        Further command line flags.

    Raises
    ------
    RuntimeError
        This machine lacks the browser or its driver.
    """
    if lack := missing():
        raise RuntimeError(lack)
    options = Options()
    options.binary_location = next(filter(None, map(shutil.which, BROWSERS)))
    for flag in (*FLAGS, *flags):
        options.add_argument(flag)
    if permission == "granted":
        options.add_argument("--use-fake-ui-for-media-stream")
    elif permission == "refused":
        options.add_experimental_option(
            "prefs", {"profile.default_content_setting_values.media_stream_mic": 2}
        )
    if microphone is not None or permission != "granted":
        options.add_argument("--use-fake-device-for-media-stream")
    if microphone is not None:
        options.add_argument(
            f"--use-file-for-fake-audio-capture={microphone}{'' if loop else '%noloop'}"
        )
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    resize(driver, *size, dark=dark)
    return driver


def resize(
    driver: webdriver.Chrome, width: int, height: int, *, dark: bool = False, calm: bool = False
) -> None:
    """Give the page a size in CSS pixels and a theme; `calm`: with less motion."""
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    wishes = {
        "prefers-color-scheme": "dark" if dark else "light",
        "prefers-reduced-motion": "reduce" if calm else "no-preference",
    }
    features = [{"name": name, "value": value} for name, value in wishes.items()]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def set_permission(driver: webdriver.Chrome, setting: str, url: str) -> None:
    """Let the microphone of a page at `url` be "granted", "denied" or, as at first, "prompt"."""
    parts = urlsplit(url)
    wish = {
        "permission": {"name": "microphone"},
        "setting": setting,
        "origin": f"{parts.scheme}://{parts.netloc}",
    }
    driver.execute_cdp_cmd("Browser.setPermission", wish)


def set_offline(driver: webdriver.Chrome, offline: bool) -> None:
    """Cut the page off from its network, or give it back."""
    driver.execute_cdp_cmd("Network.enable", {})
    conditions = {
        "offline": offline,
        "latency": 0,
        "downloadThroughput": -1,
        "uploadThroughput": -1,
    }
    driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)


def audio_services(driver: webdriver.Chrome) -> list[int]:
    """Return the process ids of the browser's audio service, where its microphone lives."""

    def under(pid: int) -> Iterator[int]:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in map(int, children.read_text().split()):
                yield child
                yield from under(child)

    return [
        pid
        for pid in under(driver.service.process.pid)
        if b"audio.mojom" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


class Page:
    """The page in a browser: what it shows, and what a visitor can do."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, url: str) -> Page:
        """Open it and wait until it can be used."""
        self.driver.get(url)
        self.wait(lambda: self.body("ready") == "true", "the page did not become ready")
        return self

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def click(self, selector: str) -> None:
        self.wait(lambda: self.find(selector).is_enabled(), f"{selector} cannot be pressed")
        self.press(self.find(selector))

    def press(self, element: WebElement) -> None:
        """Click an element, first scrolled to where it cannot move any more."""
        script = "arguments[0].scrollIntoView({behavior: 'instant', block: 'center'})"
        self.driver.execute_script(script, element)
        element.click()

    def text(self, selector: str) -> str:
        """Return an element's text, hidden or not."""
        return str(self.find(selector).get_property("textContent")).strip()

    def body(self, name: str) -> str | None:
        return self.find("body").get_attribute(f"data-{name}")

    @property
    def state(self) -> str | None:
        return self.body("state")

    @property
    def seconds(self) -> float:
        """What the clock counts."""
        return float(self.find("#clock").get_attribute("data-seconds") or 0)

    @property
    def values(self) -> dict[str, Any]:
        """What the chart shows: `seq`, `state`, `winner`, and `shares` by emotion."""
        script = """
            const table = document.getElementById('values');
            const pair = (row) => [row.dataset.emotion, Number(row.dataset.share)];
            const rows = [...table.tBodies[0].rows].map(pair);
            return JSON.stringify({...table.dataset, shares: Object.fromEntries(rows)});"""
        return dict(json.loads(self.driver.execute_script(script)))

    @property
    def notice(self) -> str:
        """The notice's sentence, or nothing where none is shown."""
        shown = any(notice.is_displayed() for notice in self.all("#notice"))
        return self.text("#notice-text") if shown else ""

    def wait(self, met: Callable[[], Any], otherwise: str, *, seconds: float = 20) -> Any:
        """Wait for a condition; return what it gave.

        Raises
        ------
        AssertionError
            It was not met; the message tells what the page shows instead.
        """
        try:
            return WebDriverWait(self.driver, seconds, poll_frequency=0.05).until(lambda _: met())
        except TimeoutException:
            told = (
                f"{self.state!r} ({self.text('#state')!r}), notice {self.notice!r}, {self.values}"
            )
            raise AssertionError(f"{otherwise}: {told}; console: {self.console()}") from None

    def wait_state(self, *names: str, seconds: float = 20) -> str:
        """Wait until the page is in one of these states; return which."""
        self.wait(
            lambda: self.state in names,
            f"the page did not become {' or '.join(names)}",
            seconds=seconds,
        )
        return str(self.state)

    def record(self) -> None:
        """Press Record and wait until it records."""
        self.click("#record")
        self.wait_state("recording")

    def stop(self) -> None:
        """Press Stop and wait for the result."""
        self.click("#stop")
        self.wait_state("result")

    def hear_more(
        self, *, state: tuple[str, ...] = ("speech", "unsure", "silence"), seconds: float = 20
    ) -> dict[str, Any]:
        """Wait for the next prediction in one of these states; return what the chart shows."""
        seq = self.values["seq"]

        def fresh() -> dict[str, Any] | None:
            values = self.values
            return values if values["seq"] != seq and values["state"] in state else None

        return dict(self.wait(fresh, f"no prediction of {state}", seconds=seconds))

    def console(self) -> list[str]:
        """Return what the browser has complained of since the last call."""
        entries = self.driver.get_log("browser")
        return [
            str(entry["message"]) for entry in entries if entry["level"] in ("SEVERE", "WARNING")
        ]


def write_wav(source: Path, target: Path, *, before_s: float = 0.0, after_s: float = 0.0) -> float:
    """Write any audio file as the WAV that Chromium's fake microphone reads; return its seconds."""
    with av.open(str(source)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        blocks = [
            block.to_ndarray()[0]
            for frame in [*container.decode(audio=0), None]
            for block in resampler.resample(frame)
        ]
    silence = [np.zeros(int(RATE * seconds), np.int16) for seconds in (before_s, after_s)]
    samples = np.concatenate([silence[0], *blocks, silence[1]])
    with wave.open(str(target), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.astype("<i2").tobytes())
    return float(Fraction(len(samples), RATE))
