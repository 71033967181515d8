"""The page in a Firefox's tab."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from tests.firefox.bidi import Bidi, BidiError
from tests.pages import PageInBrowser

ENTER, SPACE, TAB = "\ue007", " ", "\ue004"
WIDTH = "(s) => document.querySelector(s).getBoundingClientRect().width"


class Page(PageInBrowser):
    """A tab with the page."""

    def __init__(self, bidi: Bidi, context: str) -> None:
        self.bidi = bidi
        self.context = context

    def navigate(self, url: str) -> None:
        self.bidi.ask("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def run(self, function: str, *arguments: Any) -> Any:
        return self.bidi.run(self.context, function, *arguments)

    def before(self, script: str) -> Self:
        # It would run in the empty page of a new tab as well, which is none to test.
        declaration = f"() => {{ if (location.host) {{ {script} }} }}"
        self.bidi.ask(
            "script.addPreloadScript", functionDeclaration=declaration, contexts=[self.context]
        )
        return self

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
        self.wait(
            lambda: self.is_shown(selector) and not self.get(selector, "disabled"),
            f"{selector} cannot be pressed",
        )
        scroll = """(s) => document.querySelector(s)
            .scrollIntoView({behavior: "instant", block: "center"})"""
        self.run(scroll, selector)
        self.press_at(selector)

    def press_at(self, selector: str, *, share: float = 0.5) -> None:
        """Press the mouse over an element, so far across of its width."""
        across = round((share - 0.5) * self.run(WIDTH, selector))
        there = {"type": "element", "element": self.node(selector)}
        self._act(
            "pointer",
            {"type": "pointerMove", "x": across, "y": 0, "origin": there},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        )

    def press(self, key: str) -> None:
        """Press a key where the focus is."""
        self._act("key", {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key})

    def _act(self, kind: str, *actions: dict[str, Any]) -> None:
        sources = [{"type": kind, "id": kind, "actions": list(actions)}]
        self.bidi.ask("input.performActions", context=self.context, actions=sources)

    def choose_file(self, selector: str, path: Path) -> None:
        """Put a file into a field."""
        self.bidi.ask(
            "input.setFiles", context=self.context, element=self.node(selector), files=[str(path)]
        )

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
