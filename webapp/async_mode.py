"""How this process serves many people at once: its worker decides, the rest asks here."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class AsyncMode:
    """One way of doing several things at once.

    Attributes
    ----------
    name : {"eventlet", "gevent", "threading"}
        As python-socketio calls it.
    offload : callable
        `offload(function, *args)` calls the function where it keeps nobody waiting and returns
        its result.
    breathe : callable
        Lets others run for a moment; called within long work that cannot leave the loop.
    guard : context manager
        Held where two events must not interleave.
    """

    name: str
    offload: Callable[..., Any]
    breathe: Callable[[], None]
    guard: AbstractContextManager[Any]


def current() -> AsyncMode:
    """Return the mode of this process: threads, unless a green worker has patched the library.

    So the command line, the tests and `flask run` need no setting.
    """
    if "eventlet" in sys.modules:
        from webapp import eventlet_worker

        if eventlet_worker.is_running():
            return AsyncMode(
                "eventlet", eventlet_worker.offload, eventlet_worker.breathe, nullcontext()
            )
    if "gevent" in sys.modules:
        import gevent
        from gevent import monkey

        if monkey.is_module_patched("socket"):
            return AsyncMode(
                "gevent",
                lambda function, *args: gevent.get_hub().threadpool.apply(function, args),
                lambda: gevent.sleep(0),
                nullcontext(),
            )
    return AsyncMode(
        "threading", lambda function, *args: function(*args), lambda: None, threading.Lock()
    )
