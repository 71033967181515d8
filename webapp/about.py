"""The answer of /api/v1/model: the model's card and its evaluation report, cut down for the page.

Every figure comes from the report or from the card, or is a plain mean of such figures. The answer
leaves out the random split: its test speakers are training speakers, so that the figure says
nothing about new voices.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from models.bundle import DEFAULT_BUNDLE, REPORT_FILE, Card
from webapp.protocol import Json

SPLITS = ("speakers", "corpora")
"""Sections of the report: folds by speaker, and leaving one corpus out."""
ALARMS = ("people", "false", "neutral", "anybody_first_10_s", "changes_a_minute")
"""Figures of a group of ordinary speakers."""
SESSIONS = ("nothing", "neutral", "same", "mixed", "all")
"""Speech that a session knows of the speaker before the clip that it judges."""

T = TypeVar("T")
log = logging.getLogger(__name__)


def describe(card: Card, folder: Path = DEFAULT_BUNDLE) -> Json:
    """Return the answer of /api/v1/model for the bundle in a folder.

    Parameters
    ----------
    card : Card
        The bundle's card.
    folder : Path
        Contains the report; `report` is null without a usable report.
    """
    prior = getattr(card.decision, "prior", ())
    return {
        "name": card.name,
        "version": card.version,
        "licence": card.licence,
        "labels": list(card.labels),
        "prior": dict(zip(card.labels, prior, strict=True)) if any(prior) else None,
        "report": _report(folder),
    }


def _report(folder: Path) -> Json | None:
    path = folder / REPORT_FILE
    try:
        report = json.loads(path.read_text("utf-8"))
        return {
            "chance": 1 / len(report["protocol"]["labels"]),
            "corpora": _corpora(report["protocol"]),
            "splits": {split: _split(report[split]) for split in SPLITS},
            "ordinary": _section(report, "ordinary", _ordinary),
            "sessions": _section(report, "sessions", _sessions),
            "teaching": _section(report, "teaching", _teaching),
            "people": _section(report, "fairness", _people),
            "disturbances": [
                {"name": name, "unchanged": found["unchanged"]["mean"]}
                for name, found in report["robustness"]["conditions"].items()
            ],
            "sounds_refused": _section(report, "nonspeech", lambda found: found["all"]["mean"]),
            "sounds": _section(report, "nonspeech", _sounds),
            "aims": {
                "count": len(report["targets"]),
                "reached": sum(bool(target["met"]) for target in report["targets"]),
            },
        }
    except FileNotFoundError:
        log.info("The bundle has no report: the page says so.")
    except (OSError, KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        log.warning("%s cannot be used: %r", path, error)
    return None


def _section(report: Mapping[str, Any], name: str, read: Callable[[Any], T]) -> T | None:
    """Return what `read` makes of a section; None, with a warning, for a section of another form.

    Reports of older models lack some sections; the page then shows the others.
    """
    if not report.get(name):
        return None
    try:
        return read(report[name])
    except (KeyError, TypeError, AttributeError) as error:
        log.warning("Section %r of the report is left out of /api/v1/model: %r", name, error)
        return None


def _corpora(protocol: Mapping[str, Any]) -> list[Json]:
    """Return name, size and terms of each corpus; `heard`: the network was trained on it."""
    settings = protocol["settings"]
    drawn = settings.get("examples") or settings["batches"]
    shares, default = drawn["shares"], drawn["default_share"]
    return [
        {
            "corpus": corpus,
            "name": own.get("title", corpus).split(",")[0],
            **dict.fromkeys(("title", "home", "language", "licence")),
            "heard": bool(shares.get(corpus, default)),
            **own,
            "home": own.get("home") or None,
        }
        for corpus, own in protocol["trained_on"].items()
    ]


def _split(results: Mapping[str, Any]) -> Json:
    corpora = [_figures(corpus, found) for corpus, found in results.items()]
    return {
        "folds": max(len(found["splits"]) for found in results.values()),
        "uar": round(sum(own["uar"] for own in corpora) / len(corpora), 4),
        "clips": sum(own["clips"] for own in corpora),
        "corpora": corpora,
    }


def _figures(corpus: str, found: Mapping[str, Any]) -> Json:
    return {
        "corpus": corpus,
        "clips": found["n"],
        "uar": found["uar_mean"],
        "uar_sd": found["uar_sd"] if len(found["splits"]) > 1 else None,
        "uar_known_voice": found["uar_warm_mean"],
        "women": found["by_sex"].get("F"),
        "men": found["by_sex"].get("M"),
        "confusion": found["confusion"],
    }


def _ordinary(found: Mapping[str, Any]) -> Json:
    """Return the false alarms in ordinary speech, of all speakers and by group."""
    groups = {"kind": "by_kind", "sex": "by_sex", "pitch": "by_pitch"}
    calibration = found.get("calibration") or {}
    return {
        **{name: found[name] for name in ALARMS},
        "acted_neutral": found["acted_neutral"]["false"] if found.get("acted_neutral") else None,
        "groups": [
            {"by": by, "name": name, **{figure: own[figure] for figure in ALARMS}}
            for by, section in groups.items()
            for name, own in found.get(section, {}).items()
            if own
        ],
        "calibration": {
            name: calibration[name]
            for name in ("people", "before_false", "after_false", "before_neutral", "after_neutral")
        }
        if calibration
        else None,
    }


def _sessions(found: Mapping[str, Any]) -> Json:
    """Return the mean UAR of each kind of session."""
    return {
        "clips": found["n"],
        "corpora": len(found["by_corpus"]),
        **{session: found["mean"].get(session) for session in SESSIONS},
    }


def _teaching(found: Mapping[str, Any]) -> Json:
    """Return what clips of each emotion change, on corpora that the network never heard."""
    own = found["corpora"]
    return {
        "corpora": len(own["lessons"]["3"]["by_corpus"]),
        "clips": own["lessons"]["3"]["n"],
        "lessons": [
            {"clips": int(count), **{k: own["lessons"][count][k] for k in ("known", "taught")}}
            for count in ("1", "2", "3", "5")
        ],
    }


def _people(found: Mapping[str, Any]) -> Json:
    """Return how well the network judges women, men and single speakers."""
    speakers = found.get("by_speaker") or {}
    return {
        "women": found["women"]["mean"],
        "men": found["men"]["mean"],
        "largest_gap": found["largest_gap"],
        **{name: speakers.get(name) for name in ("speakers", "worst", "median", "gini")},
    }


def _sounds(found: Mapping[str, Any]) -> list[Json]:
    """Return each kind of sound without speech and its figures."""
    clips = found.get("clips_with_a_false_emotion") or {}
    return [
        {
            "name": kind,
            "refused": share["mean"],
            "false": clips[kind]["mean"] if kind in clips else None,
        }
        for kind, share in found["kinds"].items()
    ]
