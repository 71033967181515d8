"""The page, and what browsers are told about it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Flask, Response, render_template

from webapp.protocol import Json
from webapp.settings import Settings

TIMESLICE_MS = 120  # 60 ms less latency would cost five times the events

# Scripts and styles from files only; blob: is what the page makes itself, as a chosen file to play.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def blueprint(labels: Sequence[str], settings: Settings) -> Blueprint:
    """Return the route of the page."""
    pages = Blueprint("pages", __name__)
    config: Json = {
        "labels": list(labels),
        "max_upload_mb": settings.max_upload_mb,
        "max_clip_s": settings.max_clip_s,
        "max_session_s": settings.max_session_s,
        "prediction_step_s": settings.prediction_step_s,
        "timeslice_ms": TIMESLICE_MS,
    }

    @pages.get("/")
    def index() -> str:
        return render_template("index.html", config=config)

    return pages


def secure(app: Flask) -> None:
    """Add the security headers to every answer."""

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
