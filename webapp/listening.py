"""Whether a port can be had, and in one sentence why not."""

from __future__ import annotations

import errno
import os
import socket
import time

PATIENCE_S = 2.0  # a server that was just told to stop lets go of its port within half a second
LOOK_S = 0.25


def refusal(host: str, port: int, *, patience_s: float = PATIENCE_S) -> str:
    """Return why nobody can listen at an address; nothing if one can.

    Parameters
    ----------
    host : str
        A name or an address, IPv6 without brackets.
    port : int
    patience_s : float
        How long to wait for a port that is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    deadline = time.monotonic() + patience_s
    while True:
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
                probe.listen(1)  # two may bind, only one may listen
            return ""
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() >= deadline:
                return _sentence(error, host, port)
        time.sleep(LOOK_S)


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"PORT is {port}, where another program listens already; another PORT may be free."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"PORT is {port}, which this user may not listen on; above 1023 everybody may."
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f"HOST is {host!r}, which is no address of this machine."
    return f"HOST and PORT are {host!r} and {port}: {os.strerror(error.errno or 0)}."
