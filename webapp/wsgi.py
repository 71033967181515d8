"""What gunicorn serves: `gunicorn -c deploy/gunicorn.conf.py webapp.wsgi:app`."""

from __future__ import annotations

import contextlib
import ctypes
import gc

from webapp import create_app

_M_MMAP_THRESHOLD = -3  # mallopt's name for the setting, from glibc's malloc.h
_MAPPED_FROM_BYTES = 1 << 20


def _return_large_blocks() -> None:
    """Make glibc return every freed block of 1 MB or more to the system at once.

    By default glibc raises this threshold to the size of each large block that is freed, up to
    32 MB, and then keeps blocks below it in an arena of the thread. With a thread per request,
    ten refused uploads of 12 to 31 MB left over 300 MB in the arenas, and with this threshold less
    than 5 MB.
    Other C libraries have no such setting.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _MAPPED_FROM_BYTES)


_return_large_blocks()
app = create_app()
if app.extensions["redis"]:
    app.extensions["redis"].start()

# What start-up made stays for good: a full collection that looks at it all again would stop the
# live streams for some 50 ms, and for half of that without it.
gc.collect()
gc.freeze()
