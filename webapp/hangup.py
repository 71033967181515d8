"""Ends a connection against its client's will."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any, NoReturn

from engineio.exceptions import SocketIsClosedError


def cut_off(server: Any, sid: str, *, namespace: str) -> None:
    """End a connection at once: nothing more that it sends is looked at.

    A close in good form would wait for a client that may not read, while its events go on coming
    out of the kernel's buffers, megabytes of them.

    Parameters
    ----------
    server : socketio.Server
    sid : str
        The client's.
    namespace : str
        In which it is known by that.
    """
    eio_sid = server.manager.eio_sid_from_sid(sid, namespace)
    connection = server.eio.sockets.get(eio_sid)
    if connection is None:
        server.disconnect(sid, namespace=namespace)
        return
    connection.receive = _closed  # ends Engine.IO's reading loop at the next packet
    peer = server.environ.get(eio_sid, {}).get("gunicorn.socket")
    if peer is not None:
        with suppress(OSError):
            peer.shutdown(socket.SHUT_RDWR)


def _closed(packet: object) -> NoReturn:  # noqa: ARG001
    raise SocketIsClosedError
