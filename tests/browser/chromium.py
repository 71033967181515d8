"""A real headless Chromium whose microphone plays a file, and the page in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import ElementClickInterceptedException, NoSuchElementException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.pages import PageInBrowser

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


class Page(PageInBrowser):
    """The page in a browser of its own."""

    ABSENT = (*PageInBrowser.ABSENT, NoSuchElementException)

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def navigate(self, url: str) -> None:
        self.driver.get(url)

    def run(self, function: str, *arguments: Any) -> Any:
        return self.driver.execute_script(f"return ({function})(...arguments)", *arguments)

    def before(self, script: str) -> Self:
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
        return self

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def click(self, selector: str) -> None:
        self.wait(lambda: self.find(selector).is_enabled(), f"{selector} cannot be pressed")
        self.press(self.find(selector))

    def press(self, element: WebElement) -> None:
        """Click an element, first scrolled into view; once more if the page moved meanwhile."""
        script = "arguments[0].scrollIntoView({behavior: 'instant', block: 'center'})"
        self.driver.execute_script(script, element)
        try:
            element.click()
        except ElementClickInterceptedException:  # a page that records grows and moves its foot
            self.driver.execute_script(script, element)
            element.click()

    def console(self) -> list[str]:
        """Return what the browser has complained of since the last call."""
        entries = self.driver.get_log("browser")
        return [
            str(entry["message"]) for entry in entries if entry["level"] in ("SEVERE", "WARNING")
        ]
