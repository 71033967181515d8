"""Puts the application together."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, InternalServerError

from models import Recognizer
from webapp import (
    about,
    api,
    async_mode,
    cli,
    connection,
    health,
    logs,
    metrics,
    pages,
    redis_link,
    samples,
    speakers,
)
from webapp.addresses import Addresses
from webapp.admission import Admission
from webapp.audience import Audience
from webapp.audio import AudioError
from webapp.extensions import socketio
from webapp.live import Live
from webapp.load import Load
from webapp.meter import Meter
from webapp.origins import Origins
from webapp.predictions import Predictor
from webapp.prefix import Prefix
from webapp.protocol import ProtocolError
from webapp.redis_leases import leases
from webapp.relay import Relay
from webapp.settings import Settings
from webapp.uploads import Gate, MemoryRequest
from webapp.watching import Watching
from webapp.writing import PacketJson

ROOT = Path(__file__).resolve().parent.parent
FORM_BYTES = 64 << 10  # what a form adds to its file
FRAME_FACTOR = (
    4  # chunks up to this many times the limit get a `problem`; longer ones end the connection
)

log = logging.getLogger(__name__)


def build(settings: Settings | None = None) -> Flask:
    """Return the application; see `webapp.create_app`."""
    settings = settings or Settings.from_environment()
    logs.configure(settings)
    mode = async_mode.current()
    app = Flask(
        "webapp", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static")
    )
    app.request_class = MemoryRequest
    app.config["MAX_CONTENT_LENGTH"] = (settings.max_upload_mb << 20) + FORM_BYTES
    app.extensions["async_mode"] = mode

    # One for what runs in threads, one for the event loop: an interpreter is not to be shared.
    predictor = Predictor(Recognizer.load(), settings)
    recognizer = Recognizer.load()
    for warmed in (predictor, Predictor(recognizer, settings)):
        warmed.warm()

    connection.install()
    socketio.init_app(
        app,
        async_mode=mode.name,
        async_handlers=False,  # keeps each client's order, and saves a spawn for each chunk
        transports=["websocket"],
        max_http_buffer_size=settings.max_chunk_kb * 1024 * FRAME_FACTOR,
        manage_session=False,
        cors_allowed_origins=Origins(settings.allowed_origins),
        json=PacketJson,
    )
    meter = metrics.Metrics.create() if settings.metrics else Meter()
    gate = Gate(mode, places=settings.max_uploads)
    load = Load()
    link = redis_link.connect(
        settings.redis_url,
        spawn=socketio.server.start_background_task,
        sleep=socketio.server.sleep,
        meter=meter,
    )
    places = leases(link)
    audience = Audience(
        socketio.server,
        labels=recognizer.labels,
        max_watchers=settings.max_watchers,
        leases=places,
        relay=Relay(link) if link else None,
        meter=meter,
    )
    live = Live(
        socketio.server,
        recognizer,
        settings,
        admission=Admission(settings, load, places),
        load=load,
        # In the loop's thread nobody judges uploads; with threads for all, they are taken off.
        cpu=(lambda: time.process_time() - gate.spent_s)
        if mode.name == "threading"
        else time.thread_time,
        guard=mode.guard,
        breathe=mode.breathe,
        meter=meter,
        audience=audience,
    )
    watching = Watching(socketio.server, audience, live, can_share=settings.can_share, meter=meter)
    app.extensions["redis"] = link
    app.extensions["live"] = live
    app.extensions["drain"] = _Together(live, watching)

    folders = {"synthetic": ROOT / "samples" / "synthetic", "fetched": ROOT / "samples" / "fetched"}
    for number, folder in enumerate(settings.samples_dir, 1):
        folders["own" if number == 1 else f"own-{number}"] = folder.resolve()
    library = samples.Library(folders, measure=predictor.duration_s)
    told = about.describe(recognizer.card)
    routes = api.Api(predictor, gate, library, settings, about=told, meter=meter)
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(speakers.Speakers(predictor, gate, settings, meter=meter).blueprint)
    app.register_blueprint(samples.blueprint(library))
    app.register_blueprint(health.blueprint(live, predictor.model))
    app.register_blueprint(pages.blueprint(predictor.labels, settings))
    if isinstance(meter, metrics.Metrics):
        app.register_blueprint(metrics.blueprint(meter, offload=mode.offload))
    pages.secure(app)
    addresses = Addresses(settings.trusted_proxies)
    # Outside Socket.IO's middleware, which looks for its path at the beginning.
    app.wsgi_app = Prefix(  # type: ignore[method-assign]
        app.wsgi_app, default=settings.url_prefix, addresses=addresses
    )
    cli.register(app, predictor, settings)

    app.register_error_handler(ProtocolError, api.refused)
    app.register_error_handler(AudioError, api.refused)
    app.register_error_handler(HTTPException, api.failed)
    app.register_error_handler(Exception, _broken)
    return app


class _Together:
    """What is to be done before a worker stops, by all who have a part in it."""

    def __init__(self, *parts: Live | Watching) -> None:
        self._parts = parts

    def drain(self) -> None:
        """Take nothing new, and let go of who can be served elsewhere."""
        for part in self._parts:
            part.drain()

    def hang_up(self) -> None:
        """Close every connection."""
        for part in self._parts:
            part.hang_up()


def _broken(error: Exception) -> Response:
    log.error("A request failed", exc_info=error)
    return api.failed(InternalServerError("Something went wrong here."))
