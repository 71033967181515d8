"""The page, and what browsers are told about it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from flask import Blueprint, Flask, Response, make_response, render_template, request

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

WATCH_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


def policy(nonce: str) -> str:
    """Return the policy of a page whose style elements may carry this nonce."""
    return POLICY.replace("style-src 'self'", f"style-src 'self' 'nonce-{nonce}'")


def blueprint(labels: Sequence[str], settings: Settings) -> Blueprint:
    """Return the routes of the page and of the one that watches a shared view."""
    pages = Blueprint("pages", __name__)
    config: Json = {
        "labels": list(labels),
        "max_upload_mb": settings.max_upload_mb,
        "max_clip_s": settings.max_clip_s,
        "max_session_s": settings.max_session_s,
        "prediction_step_s": settings.prediction_step_s,
        "timeslice_ms": TIMESLICE_MS,
        "sharing": settings.can_share,
    }

    @pages.get("/")
    def index() -> Response:
        # The waveform's library writes a <style> element: this answer's nonce admits it alone.
        nonce = secrets.token_urlsafe(16)
        mine = {**config, "root": _root(), "style_nonce": nonce}
        response = make_response(render_template("index.html", base="./", config=mine))
        response.headers["Content-Security-Policy"] = policy(nonce)
        response.headers["Cache-Control"] = "no-cache"
        return response

    @pages.get("/watch/<token>")
    def watch(token: str) -> Response:  # noqa: ARG001
        # Whether there is such a view says the socket alone. The address is a key: it goes nowhere.
        mine = {**config, "root": _root()}
        response = make_response(render_template("watch.html", base="../", config=mine))
        response.headers.update(WATCH_HEADERS)
        return response

    return pages


def _root() -> str:
    """Return the path of the page, with the sub-path that a proxy puts in front."""
    return f"{request.script_root}/"


def secure(app: Flask) -> None:
    """Add the security headers to every answer."""

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
