"""Flask's extensions, made here and bound to the application in the factory."""

from __future__ import annotations

from flask_socketio import SocketIO

socketio = SocketIO()
