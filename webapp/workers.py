"""What gunicorn's worker classes have in common here: stopping well, and endless bodies.

An application may offer `app.extensions["drain"]`: an object whose `drain()` is called when its
worker is to stop, and whose `hang_up()` when that cannot wait any longer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

LOOK_S = 0.5  # how often it is looked whether a worker is to stop
HESITATES_S = 50e-6  # for each connection, before taking another
HESITATES_AT_MOST_S = 0.02
UNREAD_CHUNKS = 16  # of 64 KiB: how much of a body that nobody wanted is read before hanging up


def drain_of(worker: Any) -> Any:
    """Return what a worker's application offers; None if it offers nothing."""
    return getattr(worker.wsgi, "extensions", {}).get("drain")


def patience_s(worker: Any) -> float:
    """Return how long to wait: the master kills at its own limit, which began a little earlier."""
    return float(max(worker.cfg.graceful_timeout - 1.5, 0.5))


def watch(worker: Any, sleep: Callable[[float], Any], *, accepts_on_s: float = 0.0) -> None:
    """Tell the application when its worker stops; runs beside the loop of a class of gunicorn's.

    Parameters
    ----------
    worker : gunicorn.workers.base.Worker
    sleep : callable
        Waits some seconds and lets others run.
    accepts_on_s : float
        How long the class goes on accepting connections. Who comes in that time is to be let in,
        not to be sent back to a port where the same worker may answer again.
    """
    while worker.alive:
        sleep(LOOK_S)
    sleep(accepts_on_s)
    recordings = drain_of(worker)
    if recordings:
        recordings.drain()
        sleep(max(patience_s(worker) - accepts_on_s, 0.5))
        recordings.hang_up()


def hesitation_s(connections: int, *, of: int) -> float:
    """Return how long a worker waits before it takes a connection that another may take.

    All workers of a port are woken by each connection, and the quickest gets it. Without this, one
    of four got none of a burst of sixty (a host was lost, and everybody comes here); now who has
    fewer is quicker, also where a worker was replaced.

    Parameters
    ----------
    connections : int
        How many this worker has.
    of : int
        How many workers there are.
    """
    return 0.0 if of == 1 else min(connections * HESITATES_S, HESITATES_AT_MOST_S)


def is_endless(body: Any) -> bool:
    """Read on in a request's body that nobody wanted; return whether it still goes on."""
    return all(body.read(1 << 16) for _ in range(UNREAD_CHUNKS))
