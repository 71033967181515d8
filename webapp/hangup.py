"""Ends connections: in good form, or against a client's will."""

from __future__ import annotations

from typing import Any


def hang_up(server: Any, sid: str, *, namespace: str, after_s: float = 0.0) -> None:
    """Close a connection below Socket.IO, so that its client comes back by itself, maybe elsewhere.

    Parameters
    ----------
    server : socketio.Server
    sid : str
        The client's.
    namespace : str
        In which it is known by that.
    after_s : float
        Seconds to wait before: what is under way leaves first.
    """
    if after_s:
        server.sleep(after_s)
    eio_sid = server.manager.eio_sid_from_sid(sid, namespace)
    if eio_sid is not None:
        server.eio.disconnect(eio_sid)


def cut_off(server: Any, sid: str, *, namespace: str) -> None:
    """End a connection at once (`webapp.connection.Connection.cut_off`).

    Parameters
    ----------
    server : socketio.Server
    sid : str
        The client's.
    namespace : str
        In which it is known by that.
    """
    connection = server.eio.sockets.get(server.manager.eio_sid_from_sid(sid, namespace))
    if connection is None:  # without a WebSocket, as Flask-SocketIO's test client
        server.disconnect(sid, namespace=namespace)
    else:
        connection.cut_off()
