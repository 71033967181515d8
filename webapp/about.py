"""What the page and programs are told about the model: its bundle's own report, cut down.

Every figure is the report's or a plain mean of such; none stands in this code. The figure of a
random split is left out: the test voices are the training voices, so it tells nothing of a voice
that is new.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.bundle import DEFAULT_BUNDLE, REPORT_FILE, Card
from webapp.protocol import Json

SPLITS = ("speakers", "corpora")  # the report's two: people never heard, corpora never heard

log = logging.getLogger(__name__)


def describe(card: Card, folder: Path = DEFAULT_BUNDLE) -> Json:
    """Return the answer of /api/v1/model for the bundle in a folder.

    Parameters
    ----------
    card : Card
        The bundle's.
    folder : Path
        Where its report is; `report` is null where there is no usable one.
    """
    return {
        "name": card.name,
        "version": card.version,
        "licence": card.licence,
        "labels": list(card.labels),
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
            "disturbances": [
                {"name": name, "unchanged": found["unchanged"]["mean"]}
                for name, found in report["robustness"]["conditions"].items()
            ],
            "sounds_refused": report["nonspeech"]["all"]["mean"],
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


def _corpora(protocol: Mapping[str, Any]) -> list[Json]:
    """Return what was recorded where, by whom and how much; `heard`: the network trained on it."""
    examples = protocol["settings"]["examples"]
    return [
        {
            "corpus": corpus,
            "name": own.get("title", corpus).split(",")[0],
            **dict.fromkeys(("title", "home", "language", "licence")),
            "heard": bool(examples["shares"].get(corpus, examples["default_share"])),
            **own,
            "home": own.get("home") or None,  # an address that the project does not know
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
