"""Latency and CPU against the number of sessions, as a picture."""

from __future__ import annotations

from io import StringIO

from benchmarks.capacity import Curve

SHARES = ((0.50, "p50", "#4c956c"), (0.95, "p95", "#2c6e9b"), (0.99, "p99", "#7b4fa0"))
LIMIT, CPU, EACH = "#b5452c", "#2c6e9b", "#c2851b"


def draw(curve: Curve) -> str:
    """Return an SVG; the same figures give the same text."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    settings = {"svg.fonttype": "none", "svg.hashsalt": "capacity", "font.size": 10}
    with mpl.rc_context(settings):
        figure = Figure(figsize=(8.0, 6.4), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        sessions = [level.load.clients for level in curve.levels]
        for share, name, colour in SHARES:
            values = [level.latency_ms(share) for level in curve.levels]
            above.plot(sessions, values, "o-", color=colour, label=name, markersize=4)
        limits = curve.limits
        for name, limit_s, style in (
            ("p95's limit", limits.p95_s, "--"),
            ("p99's limit", limits.p99_s, ":"),
        ):
            above.axhline(1000 * limit_s, color=LIMIT, linestyle=style, linewidth=1, label=name)
        above.set_yscale("log")
        above.set_ylabel("last byte sent to prediction, ms")
        above.set_title("One worker on one core", loc="left")
        above.legend(loc="upper left", ncols=5, frameon=False, fontsize=9)
        busy = [100 * level.busy for level in curve.levels]
        below.plot(sessions, busy, "o-", color=CPU, markersize=4)
        below.set_ylim(0, 105)
        below.set_ylabel("worker's core, %", color=CPU)
        below.set_xlabel("live sessions")
        each = below.twinx()
        # One session alone pays for the loop's every turn; it would flatten all the others.
        many = [level for level in curve.levels if level.load.clients > 1]
        each.plot(
            [level.load.clients for level in many],
            [level.cpu_ms for level in many],
            "s-",
            color=EACH,
            markersize=4,
        )
        each.set_ylim(0, 1.25 * max((level.cpu_ms for level in many), default=1.0))
        each.set_ylabel("CPU ms a session-second", color=EACH)
        for axes in (above, below):
            axes.grid(visible=True, linewidth=0.4, alpha=0.6)
            if curve.broke and curve.held:
                axes.axvspan(
                    curve.sessions, curve.broke.load.clients, color=LIMIT, alpha=0.08, linewidth=0
                )
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"
