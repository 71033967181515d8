"""The report in pictures: small PNG files whose colours do not need a trichromat's eyes."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

# Okabe & Ito's palette (2008), told apart with every colour vision.
BLUE, ORANGE, GREEN, PINK, GREY = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#666666"
SERIES = (BLUE, ORANGE, GREEN, PINK, "#56B4E9", "#D55E00")
MARKS = "os^Dv<"
CHANCE = 0.2
STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "svg.hashsalt": "",
}


def draw(report: dict[str, Any], folder: Path) -> list[Path]:
    """Draw what the report has into `folder`; return the files' paths.

    A picture of something that the report lacks is left out. The same report gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figures: dict[str, Figure | None] = {}
    with mpl.rc_context(STYLE):
        labels = report["protocol"]["labels"]
        for kind in ("speakers", "corpora"):
            figures[f"confusion-{kind}"] = confusions(report.get(kind, {}), labels)
        figures["corpora"] = corpus_bars(report)
        figures["sexes"] = sex_bars(report.get("fairness", {}))
        figures["reliability"] = reliability_diagram(report.get("calibration", {}))
        figures["coverage"] = coverage(report.get("calibration", {}))
        figures["warm-up"] = warm_up(report.get("warm_up", {}))
        figures["robustness"] = robustness(report.get("robustness", {}))
        written = []
        for name, figure in figures.items():
            if figure is None:
                continue
            buffer = io.BytesIO()
            figure.savefig(buffer, format="png", dpi=64, metadata={"Software": None})
            path = folder / f"{name}.png"
            partial = path.with_suffix(".partial")
            partial.write_bytes(buffer.getvalue())
            partial.replace(path)
            written.append(path)
    return written


def _figure(width: float, height: float) -> Figure:
    return Figure(figsize=(width, height), layout="constrained")


def confusions(results: dict[str, Any], labels: list[str]) -> Figure | None:
    """Return a corpus's confusion matrix beside the other; each row adds up to 100 %."""
    if not results:
        return None
    columns = min(3, len(results))
    rows = -(-len(results) // columns)
    figure = _figure(2.5 * columns + 0.4, 2.5 * rows)
    for number, (corpus, values) in enumerate(results.items(), start=1):
        axes = figure.add_subplot(rows, columns, number)
        counts = np.array(values["confusion"], float)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="cividis", vmin=0, vmax=1)
        axes.set_title(f"{corpus} (n {values['n']})", fontsize=9)
        axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
        axes.set_yticks(range(len(labels)), labels)
        axes.grid(visible=False)
        for i, j in np.ndindex(shares.shape):
            if counts[i].any():
                colour = "black" if shares[i, j] > 0.5 else "white"
                share = f"{100 * shares[i, j]:.0f}"
                axes.text(j, i, share, ha="center", va="center", color=colour, fontsize=8)
    figure.supxlabel("decided", fontsize=9)
    figure.supylabel("acted, % of the row", fontsize=9)
    return figure


def _bars(
    names: list[str], series: dict[str, tuple[list[float], list[float] | None]], ylabel: str
) -> Figure:
    figure = _figure(max(4.5, 1.1 * len(names) + 1.2), 3.3)
    axes = figure.add_subplot()
    width = 0.8 / len(series)
    hatches = ("", "//", "..", "xx")
    for k, (label, (heights, errors)) in enumerate(series.items()):
        at = np.arange(len(names)) + (k - (len(series) - 1) / 2) * width
        axes.bar(
            at,
            heights,
            width * 0.92,
            yerr=errors,
            label=label,
            color=SERIES[k],
            hatch=hatches[k],
            edgecolor="white",
            error_kw={"ecolor": GREY, "capsize": 2},
        )
    axes.set_xticks(range(len(names)), names)
    axes.set_ylim(0, 1)
    axes.set_ylabel(ylabel)
    axes.grid(visible=False, axis="x")
    axes.legend(frameon=False, fontsize=8, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
    return figure


def _chance(figure: Figure) -> Figure:
    axes = figure.axes[0]
    axes.axhline(CHANCE, color=GREY, linestyle=":", linewidth=1)
    axes.annotate(
        "chance", (0, CHANCE), xycoords=("axes fraction", "data"), fontsize=7, va="bottom"
    )
    return figure


def corpus_bars(report: dict[str, Any]) -> Figure | None:
    """Return the UAR of every corpus: other speakers of it heard in training, and none of it."""
    names = list(dict.fromkeys([*report.get("speakers", {}), *report.get("corpora", {})]))
    if not names:
        return None
    series = {}
    for kind, words in (("speakers", "new voices"), ("corpora", "new voices, new corpus")):
        results = report.get(kind, {})
        for key, known in (("", ""), ("_warm", ", speaker known")):
            heights = [results.get(name, {}).get(f"uar{key}_mean", np.nan) for name in names]
            errors = None
            if kind == "speakers":
                errors = [results.get(name, {}).get(f"uar{key}_sd", np.nan) for name in names]
            if not np.isnan(heights).all():
                series[words + known] = (heights, errors)
    return _chance(_bars(names, series, "UAR")) if series else None


def sex_bars(fairness: dict[str, Any]) -> Figure | None:
    """Return the UAR of women and of men in every corpus that has both."""
    if not fairness:
        return None
    names = list(fairness["by_corpus"])
    series: dict[str, tuple[list[float], list[float] | None]] = {
        sex: ([fairness["by_corpus"][name][sex] for name in names], None)
        for sex in ("women", "men")
    }
    return _chance(_bars(names, series, "UAR"))


def reliability_diagram(calibration: dict[str, Any]) -> Figure | None:
    """Return accuracy against confidence; a point's area is its share of the clips."""
    if not calibration:
        return None
    bins = calibration["bins"]
    figure = _figure(3.6, 3.4)
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1)
    confidence, accuracy, n = (
        np.array([b[key] for b in bins], float) for key in ("confidence", "accuracy", "n")
    )
    axes.plot(confidence, accuracy, color=BLUE, linewidth=1)
    axes.scatter(confidence, accuracy, s=12 + 400 * n / n.sum(), color=BLUE, alpha=0.7)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share that is right")
    axes.set_title(f"ECE {calibration['ece_pooled']:.3f}, n {calibration['n']}", fontsize=9)
    return figure


def _curves(
    x: list[float], curves: Iterable[tuple[str, list[float]]], mean: list[float] | None
) -> Figure:
    figure = _figure(5.2, 3.2)
    axes = figure.add_subplot()
    for k, (label, y) in enumerate(curves):
        axes.plot(
            x,
            y,
            color=SERIES[k % len(SERIES)],
            marker=MARKS[k % len(MARKS)],
            markersize=4,
            linewidth=1,
            label=label,
        )
    if mean is not None:
        axes.plot(x, mean, color="black", linewidth=2.5, label="mean")
    axes.set_ylabel("UAR")
    axes.legend(frameon=False, fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def coverage(calibration: dict[str, Any]) -> Figure | None:
    """Return the UAR of the surest share of the clips, by corpus and of all."""
    if not calibration:
        return None
    whole = calibration["abstaining"]["curve"]
    figure = _curves(
        [100 * point["coverage"] for point in whole],
        (
            (corpus, [point["uar"] for point in values["curve"]])
            for corpus, values in calibration["by_corpus"].items()
        ),
        [point["uar"] for point in whole],
    )
    figure.axes[0].set(xlabel="clips judged, % (the surest)", ylim=(0, 1))
    figure.axes[0].lines[-1].set_label("all clips together")
    figure.axes[0].legend(frameon=False, fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    return _chance(figure)


def warm_up(curve: dict[str, Any]) -> Figure | None:
    """Return the UAR of every left-out corpus against the seconds heard of the speaker."""
    if not curve:
        return None
    figure = _curves(
        curve["seconds"],
        ((corpus, values["uar"]) for corpus, values in curve["corpora"].items()),
        curve["uar_mean"],
    )
    figure.axes[0].set_xlabel("seconds heard of the speaker's other speech")
    return figure


def robustness(results: dict[str, Any]) -> Figure | None:
    """Return the share of decisions that a disturbance leaves as they were."""
    if not results:
        return None
    conditions = results["conditions"]
    figure = _figure(5.2, 0.32 * len(conditions) + 0.8)
    axes = figure.add_subplot()
    names = list(conditions)[::-1]
    axes.barh(
        names,
        [100 * conditions[name]["unchanged"]["mean"] for name in names],
        xerr=[100 * conditions[name]["unchanged"]["sd"] for name in names],
        color=BLUE,
        error_kw={"ecolor": GREY, "capsize": 2},
    )
    axes.set(xlim=(0, 100), xlabel="decisions unchanged, %")
    axes.grid(visible=False, axis="y")
    return figure
