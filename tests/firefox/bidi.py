"""WebDriver BiDi, the protocol by which a browser is driven, in the few words that the tests need.

Firefox speaks it itself, in JSON over a WebSocket, once it has a `--remote-debugging-port`. The
tests have a WebSocket client anyway (python-socketio's), so neither geckodriver nor a Node process
with puppeteer needs to stand between pytest and the browser: talking to either would take as many
lines as these, and a second language.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

import websocket

ANSWER_S = 60.0


class BidiError(Exception):
    """The browser could not do what it was asked."""


class Bidi:
    """A session with a browser.

    Attributes
    ----------
    events : list of (str, dict)
        What the browser has told unasked: methods and parameters, in order.
    """

    def __init__(self, url: str) -> None:
        self._socket = websocket.create_connection(url, suppress_origin=True, timeout=ANSWER_S)
        self._ids = itertools.count(1)
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.ask("session.new", capabilities={})

    def ask(self, method: str, /, **params: Any) -> dict[str, Any]:
        """Send a command and return its result; what happened before is in `events` then.

        Raises
        ------
        BidiError
            The browser's own words.
        """
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv())
            if message["type"] == "event":
                self.events.append((message["method"], message["params"]))
            elif message.get("id") == number:
                if message["type"] == "error":
                    raise BidiError(f"{method}: {message['error']}: {message['message']}")
                return dict(message["result"])

    def run(self, context: str, function: str, *arguments: Any) -> Any:
        """Call a JavaScript function in a page, as if a visitor did; return what it gives.

        Arguments and result travel as JSON; a promise is waited for.

        Raises
        ------
        BidiError
            What the function threw.
        """
        answer = self.ask(
            "script.callFunction",
            functionDeclaration=(
                "async (given) =>"
                f" JSON.stringify((await ({function})(...JSON.parse(given))) ?? null)"
            ),
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
            target={"context": context},
            awaitPromise=True,
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise BidiError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def close(self) -> None:
        """End the browser and the session with it."""
        self.ask("browser.close")
        self._socket.close()
