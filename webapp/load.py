"""How much of its core a worker uses, and whether its loop keeps up: what admission looks at."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

TICK_S = 0.1
MEMORY_S = 2.0  # a change is felt to 63 % after so long
LATE_MEMORY_S = 1.0
ON_TIME_S = 0.02  # a loop that is later than this may have had work waiting
PAUSE_S = 0.05  # a longer time without any work is none of work
CALM_S = 5.0  # after so long without toil, a new one begins
EMPTY_TURN_S = 0.0003  # a turn of the loop in which nobody else had anything to do
TELL_EACH = 10  # ticks


class Load:
    """A rolling estimate, fed with readings of the clocks.

    Attributes
    ----------
    share : float
        Share of the core used lately, 0..1.
    late_s : float
        How late the loop turned lately, seconds.
    free_at : float
        When there was last nothing to do: whatever had come by then had been worked off. The share
        cannot tell, as a process that is kept from its core uses little of it.
    """

    def __init__(self) -> None:
        self.share = self.late_s = 0.0
        self.free_at = -math.inf
        self._now = self._cpu_s = 0.0
        self._toiled_s = 0.0
        self._toiled_at = -math.inf

    @classmethod
    def at_leisure(cls) -> Load:
        """Return the load of somebody who always has time."""
        load = cls()
        load.free_at = math.inf
        return load

    def begin(self, now: float, cpu_s: float) -> None:
        """Begin anew: nobody was here, so nothing was used."""
        self.share = self.late_s = 0.0
        self._now, self._cpu_s = now, cpu_s

    def feel(self, now: float, cpu_s: float, *, late_s: float, turn_s: float) -> None:
        """Take a reading.

        Parameters
        ----------
        now : float
            Seconds, monotonic.
        cpu_s : float
            CPU seconds used so far.
        late_s : float
            How much later than due this reading comes.
        turn_s : float
            How long a turn of the loop took just now.
        """
        seconds = now - self._now
        if seconds <= 0:
            return
        share = min(1.0, (cpu_s - self._cpu_s) / seconds)
        self._now, self._cpu_s = now, cpu_s
        self.share += (1 - math.exp(-seconds / MEMORY_S)) * (share - self.share)
        self.late_s += (1 - math.exp(-seconds / LATE_MEMORY_S)) * (max(0.0, late_s) - self.late_s)
        if late_s < ON_TIME_S and turn_s < EMPTY_TURN_S:
            self.free_at = now

    def toil(self, now: float) -> float:
        """Return how long there has been too much to do; called with every piece of late work.

        That a process was stopped for a while is no toil: what has come meanwhile may be worked off
        in no time.
        """
        if self.free_at > self._toiled_at or now - self._toiled_at > CALM_S:
            self._toiled_s = 0.0
        else:
            self._toiled_s += min(now - self._toiled_at, PAUSE_S)
        self._toiled_at = now
        return self._toiled_s


def watch(
    load: Load,
    *,
    sleep: Callable[[float], object],
    goes_on: Callable[[], bool],
    cpu: Callable[[], float],
    tell: Callable[[Load], None],
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Feel the load as long as `goes_on`; runs beside everything else, in the loop.

    Parameters
    ----------
    load : Load
    sleep : callable
        Waits some seconds and lets others run.
    goes_on : callable
        Whether there is somebody for whom it matters.
    cpu : callable
        CPU seconds of what serves live clients: of the loop's thread, or of all threads.
    tell : callable
        Is told about once a second.
    clock : callable
        Seconds, monotonic.
    """
    load.begin(clock(), cpu())
    ticks = 0
    while goes_on():
        due = clock() + TICK_S
        sleep(TICK_S)
        woken = clock()
        sleep(0)  # whoever has something to do does it now
        now = clock()
        load.feel(now, cpu(), late_s=woken - due, turn_s=now - woken)
        ticks += 1
        if ticks % TELL_EACH == 0:
            tell(load)
    load.begin(clock(), cpu())
    tell(load)
