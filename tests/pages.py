"""The page in a browser, whichever that is: what it shows, and what a visitor waits for."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Self

HEARS = ("speech", "unsure")
ANY = (*HEARS, "silence")
POLL_S = 0.04

# Notes how often the page asks for the microphone; for `before`.
COUNT_ASKED = """
    window.asked = 0;
    const devices = navigator.mediaDevices;
    const ask = devices.getUserMedia.bind(devices);
    devices.getUserMedia = (wish) => { window.asked += 1; return ask(wish); };"""

# Counts what keeps the screen awake; for `before`.
KEEP_AWAKE = """
    window.locks = { asked: 0, held: 0 };
    const request = navigator.wakeLock.request.bind(navigator.wakeLock);
    navigator.wakeLock.request = async (type) => {
      window.locks.asked += 1;
      const lock = await request(type);
      window.locks.held += 1;
      lock.addEventListener("release", () => { window.locks.held -= 1; });
      return lock;
    };"""


class PageInBrowser(ABC):
    """The page as a visitor has it before them.

    Attributes
    ----------
    ABSENT : tuple of exception types
        What a condition may raise that looks at something that is not in the page yet.
    """

    ABSENT: tuple[type[Exception], ...] = (LookupError,)

    @abstractmethod
    def navigate(self, url: str) -> None:
        """Go to an address, and wait until it has been loaded."""

    @abstractmethod
    def run(self, function: str, *arguments: Any) -> Any:
        """Call a JavaScript function in the page; return what it gives, or what it promises."""

    @abstractmethod
    def before(self, script: str) -> Self:
        """Have a script run before the page's own, whenever it is opened."""

    @abstractmethod
    def click(self, selector: str) -> None:
        """Click an element with the mouse, first scrolled to where it cannot move any more."""

    @abstractmethod
    def console(self) -> list[str]:
        """Return what the browser has complained of in this page."""

    def open(self, url: str) -> Self:
        """Open it and wait until it can be used."""
        self.navigate(url)
        self.wait(lambda: self.body("ready") == "true", "the page did not become ready")
        return self

    def get(self, selector: str, name: str) -> Any:
        """Return a property of the first such element.

        Raises
        ------
        LookupError
            There is none.
        """
        return self._of(selector, "(element, name) => element[name]", name)

    def text(self, selector: str) -> str:
        """Return an element's text, hidden or not."""
        return str(self.get(selector, "textContent")).strip()

    def data(self, selector: str, name: str) -> str | None:
        """Return one of an element's data attributes."""
        value = self._of(selector, "(element, name) => element.dataset[name]", name)
        return None if value is None else str(value)

    def _of(self, selector: str, function: str, *arguments: Any) -> Any:
        read = f"""(selector, ...about) => {{
            const element = document.querySelector(selector);
            return element && [({function})(element, ...about) ?? null]; }}"""
        found = self.run(read, selector, *arguments)
        if found is None:
            raise LookupError(f"no {selector} in the page")
        return found[0]

    def body(self, name: str) -> str | None:
        return self.data("body", name)

    def count(self, selector: str) -> int:
        return int(self.run("(s) => document.querySelectorAll(s).length", selector))

    def is_shown(self, selector: str) -> bool:
        return bool(self.run("(s) => document.querySelector(s)?.checkVisibility()", selector))

    @property
    def focused(self) -> str:
        """The id of the element that has the focus."""
        return str(self.run("() => document.activeElement?.id"))

    @property
    def state(self) -> str | None:
        return self.body("state")

    @property
    def seconds(self) -> float:
        """What the clock counts."""
        return float(self.data("#clock", "seconds") or 0)

    @property
    def values(self) -> dict[str, Any]:
        """What the chart shows: `seq`, `state`, `winner`, and `shares` by emotion."""
        read = """() => {
            const table = document.getElementById("values");
            const pair = (row) => [row.dataset.emotion, Number(row.dataset.share)];
            const rows = [...table.tBodies[0].rows].map(pair);
            return {...table.dataset, shares: Object.fromEntries(rows)}; }"""
        return dict(self.run(read))

    @property
    def notice(self) -> str:
        """The notice's sentence, or nothing where none is shown."""
        return self.text("#notice-text") if self.is_shown("#notice") else ""

    def wait(self, met: Callable[[], Any], otherwise: str, *, seconds: float = 20) -> Any:
        """Wait for a condition; return what it gave.

        Raises
        ------
        AssertionError
            It was not met; the message tells what the page shows instead.
        """
        until = time.monotonic() + seconds
        while True:
            try:
                if gave := met():
                    return gave
            except self.ABSENT:
                pass
            if time.monotonic() > until:
                told = f"{self.state!r} ({self.text('#state')!r}), notice {self.notice!r}"
                raise AssertionError(
                    f"{otherwise}: {told}, {self.values}; console: {self.console()}"
                )
            time.sleep(POLL_S)

    def wait_state(self, *names: str, seconds: float = 20) -> str:
        """Wait until the page is in one of these states; return which."""
        wanted = f"the page did not become {' or '.join(names)}"
        return str(self.wait(lambda: self.state in names and self.state, wanted, seconds=seconds))

    def wait_text(self, selector: str, words: str, *, seconds: float = 20) -> None:
        """Wait until an element says something."""
        says = f"{selector} does not say {words!r}"
        self.wait(lambda: words in self.text(selector), says, seconds=seconds)

    def record(self) -> None:
        """Press Record and wait until it records."""
        self.click("#record")
        self.wait_state("recording")

    def stop(self) -> None:
        """Press Stop and wait for the result."""
        self.click("#stop")
        self.wait_state("result")

    def hear_more(self, *, state: tuple[str, ...] = ANY, seconds: float = 20) -> dict[str, Any]:
        """Wait for the next prediction in one of these states; return what the chart shows."""
        seq = self.values["seq"]

        def fresh() -> dict[str, Any] | None:
            values = self.values
            return values if values["seq"] != seq and values["state"] in state else None

        return dict(self.wait(fresh, f"no prediction of {state}", seconds=seconds))
