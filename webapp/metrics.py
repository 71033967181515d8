"""What this server counts, for Prometheus: `GET /metrics`, where METRICS asks for it.

Several workers count into files of one folder, which deploy/gunicorn.conf.py makes and names in
PROMETHEUS_MULTIPROC_DIR before they start; whichever worker is asked adds them up. Without that
variable a process counts for itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from flask import Blueprint, Response

from webapp.admission import REASONS
from webapp.load import Load
from webapp.meter import NOT_SOUND, Meter
from webapp.recording import Tally

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

PREFIX = "speech_emotion"
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
LATENCY_S = (0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5)
EVENTS = ("start", "audio", "pause", "resume", "stop", "share", "unshare", "watch")


@dataclass(frozen=True)
class Metrics(Meter):
    """Prometheus's counters of one process.

    Attributes
    ----------
    registry : CollectorRegistry
        Holds all the others; an application has its own.
    sessions : Gauge
        Recordings under way.
    refused_total, ended_total : Counter
        Recordings not let in, and those that ended, by reason.
    events_total : Counter
        Events of live clients, by kind.
    busy_total : Counter
        Recordings not let in because the server was busy, by cause: count, load, late (the loop
        does not keep up), address (too many from one).
    load, late : Gauge
        Share of its core that the busiest worker used lately; how late the latest's loop turned.
    skipped_total : Counter
        Windows that there was no time to judge.
    audio_total : Counter
        Seconds of sound decoded, by door (live, upload).
    cpu_total : Counter
        CPU seconds, by stage: decode, recognise (features, network, timeline), both of live
        recordings; upload (both for a file).
    failures_total : Counter
        What could not be decoded, by door and kind.
    uploads_total : Counter
        Uploads, by outcome: judged (a file), taught (a set of labelled clips) or why not.
    latency : Histogram
        Seconds from a chunk's arrival in its handler until its predictions were handed to the
        socket. What waits in the socket's buffer before that is not seen from here.
    views, watchers : Gauge
        Views that speakers share, and those who watch one.
    redis : Gauge
        Workers that have Redis.
    dropped_total : Counter
        What was to go to Redis for watchers elsewhere and had to make room.
    tallied : tuple of Counter
        Where a tally's five numbers go: to find a counter by its label costs as much as counting.
    """

    registry: CollectorRegistry
    sessions: Gauge
    refused_total: Counter
    busy_total: Counter
    load: Gauge
    late: Gauge
    skipped_total: Counter
    ended_total: Counter
    events_total: Counter
    audio_total: Counter
    cpu_total: Counter
    failures_total: Counter
    uploads_total: Counter
    latency: Histogram
    views: Gauge
    watchers: Gauge
    redis: Gauge
    dropped_total: Counter
    tallied: tuple[Counter, Counter, Counter, Counter, Counter]

    @classmethod
    def create(cls) -> Metrics:
        """Return counters that stand at zero."""
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        registry = CollectorRegistry()

        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(name, about, labels, namespace=PREFIX, registry=registry)

        def gauge(name: str, about: str, *, several: Literal["livesum", "livemax"]) -> Gauge:
            return Gauge(
                name, about, namespace=PREFIX, registry=registry, multiprocess_mode=several
            )

        skipped = counter("windows_skipped", "Windows that there was no time to judge.")
        events = counter("events", "Events of live clients.", "kind")
        audio = counter("audio_seconds", "Seconds of sound decoded.", "door")
        cpu = counter("cpu_seconds", "CPU seconds of the stages.", "stage")
        made = cls(
            registry=registry,
            sessions=gauge("sessions", "Recordings under way.", several="livesum"),
            refused_total=counter("sessions_refused", "Recordings not let in.", "reason"),
            busy_total=counter("busy", "Recordings not let in as busy.", "cause"),
            load=gauge("load", "The busiest worker's share of its core.", several="livemax"),
            late=gauge("loop_late_seconds", "How late the loop turns.", several="livemax"),
            skipped_total=skipped,
            ended_total=counter("sessions_ended", "Recordings that ended.", "reason"),
            events_total=events,
            audio_total=audio,
            cpu_total=cpu,
            failures_total=counter("decode_failures", "Sound not decodable.", "door", "kind"),
            uploads_total=counter("uploads", "Uploads, by outcome.", "outcome"),
            latency=Histogram(
                "prediction_latency_seconds",
                "From a chunk's arrival to its predictions.",
                namespace=PREFIX,
                registry=registry,
                buckets=LATENCY_S,
            ),
            views=gauge("shared_views", "Views that speakers share.", several="livesum"),
            watchers=gauge("watchers", "Those who watch a shared view.", several="livesum"),
            redis=gauge("redis_workers", "Workers that have Redis.", several="livesum"),
            dropped_total=counter("relay_dropped", "Messages to Redis that had to make room."),
            tallied=(
                events.labels("audio"),
                audio.labels("live"),
                skipped,
                cpu.labels("decode"),
                cpu.labels("recognise"),
            ),
        )
        made._show_zeros()
        return made

    def _show_zeros(self) -> None:
        """Make the series whose names are known, so that their first increase is seen as one."""
        for gauge in (self.sessions, self.views, self.watchers, self.redis):
            gauge.set(0)
        for kind in (*EVENTS, "other"):
            self.events_total.labels(kind)
        for door in ("live", "upload"):
            self.audio_total.labels(door)
            for kind in NOT_SOUND:
                self.failures_total.labels(door, kind)
        for stage in ("decode", "recognise", "upload"):
            self.cpu_total.labels(stage)
        for reason in ("busy", "draining"):
            self.refused_total.labels(reason)
        for cause in REASONS:
            self.busy_total.labels(cause)
        for reason in ("stopped", "disconnected", "internal"):
            self.ended_total.labels(reason)
        for outcome in ("judged", "taught"):
            self.uploads_total.labels(outcome)

    def received(self, event: str) -> None:
        """Count an event of a live client; those that carry audio are in the tally."""
        self.events_total.labels(event if event in EVENTS else "other").inc()

    def took(self, tally: Tally) -> None:
        """Count what a tally holds, and set it back to zero."""
        chunks, audio_s, skipped, decode_s, recognise_s = self.tallied
        chunks.inc(tally.chunks)
        audio_s.inc(tally.audio_s)
        if tally.skipped:
            skipped.inc(tally.skipped)
        decode_s.inc(tally.decode_s)
        recognise_s.inc(tally.recognise_s)
        tally.chunks = tally.skipped = 0
        tally.audio_s = tally.decode_s = tally.recognise_s = 0.0

    def predicted(self, seconds: float) -> None:
        """Count the time from a chunk's arrival until its predictions were handed on."""
        self.latency.observe(seconds)

    def began(self) -> None:
        """Count a recording in."""
        self.sessions.inc()

    def ended(self, reason: str) -> None:
        """Count a recording out, and what could not be decoded."""
        self.sessions.dec()
        self.ended_total.labels(reason).inc()
        if reason in NOT_SOUND:
            self.failures_total.labels("live", reason).inc()

    def refused(self, reason: str, cause: str | None = None) -> None:
        """Count a recording that was not let in; if the server was busy, with what."""
        self.refused_total.labels(reason).inc()
        if cause:
            self.busy_total.labels(cause).inc()

    def felt(self, load: Load) -> None:
        """Show how much there is to do."""
        self.load.set(load.share)
        self.late.set(load.late_s)

    def judged(self, *, audio_s: float, cpu_s: float) -> None:
        """Count a file that was judged."""
        self._answered("judged", audio_s, cpu_s)

    def taught(self, *, audio_s: float, cpu_s: float) -> None:
        """Count a set of labelled clips that gave a profile."""
        self._answered("taught", audio_s, cpu_s)

    def _answered(self, outcome: str, audio_s: float, cpu_s: float) -> None:
        self.uploads_total.labels(outcome).inc()
        self.audio_total.labels("upload").inc(audio_s)
        self.cpu_total.labels("upload").inc(cpu_s)

    def upload_refused(self, reason: str) -> None:
        """Count an upload that was refused, and what could not be decoded."""
        self.uploads_total.labels(reason).inc()
        if reason in NOT_SOUND:
            self.failures_total.labels("upload", reason).inc()

    def shared(self, *, views: int, watchers: int) -> None:
        """Note how many views this worker's speakers share, and how many watch views here."""
        self.views.set(views)
        self.watchers.set(watchers)

    def linked(self, up: bool) -> None:
        """Note whether Redis is there."""
        self.redis.set(int(up))

    def relay_dropped(self) -> None:
        """Count what was to go to Redis and had to make room."""
        self.dropped_total.inc()

    def text(self) -> bytes:
        """Return what this process counted, as Prometheus reads it."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry)


def text_of_all() -> bytes:
    """Return what all workers counted together, as Prometheus reads it."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def blueprint(metrics: Metrics, *, offload: Callable[..., Any]) -> Blueprint:
    """Return /metrics.

    Parameters
    ----------
    metrics : Metrics
    offload : callable
        Calls a function where it keeps nobody waiting: adding up many workers' files takes longer
        than a chunk may wait.
    """
    from prometheus_client import CONTENT_TYPE_LATEST

    page = Blueprint("metrics", __name__)

    @page.get("/metrics")
    def read() -> Response:
        text = offload(text_of_all) if os.environ.get(FOLDER) else metrics.text()
        return Response(text, content_type=CONTENT_TYPE_LATEST)

    return page
