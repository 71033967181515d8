"""A Socket.IO client that hears events in the order in which they came."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import engineio
import socketio


class OrderlyClient(socketio.Client):
    """python-socketio's client, with one thread for all that it hears.

    Its own engine starts a thread for each message, and on a busy machine the second may be done
    before the first.
    """

    def _engineio_client_class(self) -> type[engineio.Client]:
        return _OneByOne


class _OneByOne(engineio.Client):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._hearing = ThreadPoolExecutor(1, thread_name_prefix="hears")

    def start_background_task(self, target: Callable[..., Any], *args: Any, **more: Any) -> Any:
        if target != self.handlers.get("message"):
            return super().start_background_task(target, *args, **more)
        heard = self._hearing.submit(target, *args, **more)
        heard.add_done_callback(Future.result)  # what went wrong is logged
        return heard
