"""Whether this process is alive, and whether it takes work."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from webapp.live import Live
from webapp.protocol import Json


def blueprint(live: Live, model: Json) -> Blueprint:
    """Return /healthz and /readyz; an application exists only once its model is loaded and warm."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def alive() -> Response:
        return jsonify(status="alive")

    @health.get("/readyz")
    def ready() -> tuple[Response, int]:
        if live.draining:
            return jsonify(status="draining"), 503
        return jsonify(
            status="ready", model=model, recordings=live.crowd.recordings, load=live.load
        ), 200

    return health
