"""What runs beside the events of live sessions, as long as somebody is connected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from webapp.load import Load, watch


class Upkeep:
    """Two background tasks: one sweeps, one feels the load.

    Parameters
    ----------
    server : socketio.Server
    needed : callable
        Whether anybody is connected.
    sweep : callable
        Ends what is over.
    every_s : float
        Seconds between two sweeps.
    load : Load
        Is fed.
    cpu : callable
        CPU seconds of what serves live sessions.
    felt : callable
        Is told of the load, about once a second.
    """

    def __init__(
        self,
        server: Any,
        *,
        needed: Callable[[], bool],
        sweep: Callable[[], None],
        every_s: float,
        load: Load,
        cpu: Callable[[], float],
        felt: Callable[[Load], None],
    ) -> None:
        self._server = server
        self._needed = needed
        self._sweep = sweep
        self._every_s = every_s
        self._load = load
        self._cpu = cpu
        self._felt = felt
        self._sweeping = self._feeling = False

    def begin(self) -> None:
        """Have both tasks run: somebody has come."""
        if not self._sweeping:
            self._sweeping = True
            self._server.start_background_task(self._sweep_on)
        if not self._feeling:
            self._feeling = True
            self._server.start_background_task(self._feel)

    def _sweep_on(self) -> None:
        while self._needed():
            self._server.sleep(self._every_s)
            self._sweep()
        self._sweeping = False

    def _feel(self) -> None:
        while self._needed():
            watch(
                self._load,
                sleep=self._server.sleep,
                goes_on=self._needed,
                cpu=self._cpu,
                tell=self._felt,
            )
        self._feeling = False
