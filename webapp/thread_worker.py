"""gunicorn's worker on threads, which tells recordings before it goes."""

from __future__ import annotations

import threading
import time

from gunicorn.workers import gthread

from webapp import workers


class ThreadWorker(gthread.ThreadWorker):  # type: ignore[misc]
    """One thread a connection."""

    def run(self) -> None:
        """Serve until told to stop, then wait for the requests and recordings under way."""
        threading.Thread(target=workers.watch, args=(self, time.sleep), daemon=True).start()
        super().run()
