"""The page in a Firefox's tab: what it shows, and what a visitor can do."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.firefox.bidi import Bidi, BidiError

ANY = ("speech", "unsure", "silence")
ENTER, SPACE, TAB = "\ue007", " ", "\ue004"


class Page:
    """A tab with the page."""

    def __init__(self, bidi: Bidi, context: str) -> None:
        self.bidi = bidi
        self.context = context

    def open(self, url: str) -> Page:
        """Open it and wait until it can be used."""
        self.bidi.ask("browsingContext.navigate", context=self.context, url=url, wait="complete")
        self.wait(lambda: self.body("ready") == "true", "the page did not become ready")
        return self

    def run(self, function: str, *arguments: Any) -> Any:
        """Call a JavaScript function in the page."""
        return self.bidi.run(self.context, function, *arguments)

    def get(self, selector: str, name: str) -> Any:
        """Return a property of the first such element."""
        return self.run("(s, name) => document.querySelector(s)?.[name]", selector, name)

    def data(self, selector: str, name: str) -> str | None:
        """Return one of an element's data attributes."""
        return self.run("(s, name) => document.querySelector(s)?.dataset[name]", selector, name)

    def body(self, name: str) -> str | None:
        return self.data("body", name)

    def count(self, selector: str) -> int:
        return int(self.run("(s) => document.querySelectorAll(s).length", selector))

    def text(self, selector: str) -> str:
        """Return an element's text, hidden or not."""
        return str(self.get(selector, "textContent") or "").strip()

    def is_shown(self, selector: str) -> bool:
        return bool(self.run("(s) => document.querySelector(s)?.checkVisibility()", selector))

    def node(self, selector: str) -> dict[str, str]:
        """Return what the browser calls an element.

        Raises
        ------
        BidiError
            There is none.
        """
        locator = {"type": "css", "value": selector}
        found = self.bidi.ask("browsingContext.locateNodes", context=self.context, locator=locator)
        if not found["nodes"]:
            raise BidiError(f"no {selector} in the page")
        return {"sharedId": found["nodes"][0]["sharedId"]}

    def click(self, selector: str) -> None:
        """Click an element with the mouse, first scrolled to where it cannot move any more."""
        self.wait(
            lambda: self.is_shown(selector) and not self.get(selector, "disabled"),
            f"{selector} cannot be pressed",
        )
        scroll = """(s) => document.querySelector(s)
            .scrollIntoView({behavior: "instant", block: "center"})"""
        self.run(scroll, selector)
        there = {"type": "element", "element": self.node(selector)}
        self._act(
            "pointer",
            {"type": "pointerMove", "x": 0, "y": 0, "origin": there},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        )

    def press(self, key: str) -> None:
        """Press a key where the focus is."""
        self._act("key", {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key})

    def _act(self, kind: str, *actions: dict[str, Any]) -> None:
        sources = [{"type": kind, "id": kind, "actions": list(actions)}]
        self.bidi.ask("input.performActions", context=self.context, actions=sources)

    @property
    def focused(self) -> str:
        """The id of the element that has the focus."""
        return str(self.run("() => document.activeElement?.id"))

    def choose_file(self, selector: str, path: Path) -> None:
        """Put a file into a field."""
        self.bidi.ask(
            "input.setFiles", context=self.context, element=self.node(selector), files=[str(path)]
        )

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
        while not (gave := met()):
            if time.monotonic() > until:
                told = f"{self.state!r} ({self.text('#state')!r}), notice {self.notice!r}"
                raise AssertionError(
                    f"{otherwise}: {told}, {self.values}; console: {self.console()}"
                )
            time.sleep(0.03)
        return gave

    def wait_state(self, *names: str, seconds: float = 20) -> None:
        """Wait until the page is in one of these states."""
        wanted = f"the page did not become {' or '.join(names)}"
        self.wait(lambda: self.state in names, wanted, seconds=seconds)

    def record(self) -> None:
        """Press Record, and wait until it records and its first sound has been judged."""
        self.click("#record")
        self.wait_state("recording")
        self.hear_more()

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

    def console(self) -> list[str]:
        """Return what the browser has complained of in this tab."""
        self.bidi.ask("session.status")  # whatever happened before its answer has been told then
        return [
            str(entry["text"])
            for method, entry in self.bidi.events
            if method == "log.entryAdded"
            and entry["source"].get("context") == self.context
            and entry["level"] in ("warn", "error")
        ]
