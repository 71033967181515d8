"""The report in words: the table of figures in README.md, between its two markers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

BEGIN, END = "<!-- figures -->", "<!-- /figures -->"

CORPORA = {
    "ravdess": "RAVDESS (English, 24 actors)",
    "jl": "JL (New Zealand English, 3 speakers; a part)",
    "nemo": "nEMO (Polish, 9 actors)",
    "emospeech": "EmoSpeech (Hindi and English commands in the wild; noisy labels)",
    "ketts": "KETTS (Korean, 15 speakers; the public part)",
    "ased": "ASED (Amharic, 65 speakers)",
    "cremad": "CREMA-D (English, 91 actors; clips whose listeners agree)",
    "javanese": "Javanese (10 speakers)",
    "emovo": "EMOVO (Italian, 6 actors)",
    "aesdd": "AESDD (Greek, 6 actors)",
    "banglaser": "BanglaSER (Bangla, 34 speakers)",
}

KNOWN_CORPORA = """\
**New voices, known corpora.** Six folds by speaker; the network heard other speakers of the same
corpus."""

NEW_CORPORA = """\
**New voices, new corpora.** The network heard nothing of the corpus: the nearest thing to your
voice on your microphone."""

LEGEND = """\
UAR is the mean recall of the five emotions, here of whole clips, and the mean over the splits; ± is
the standard deviation between them. "Speaker known": the speaker's other clips had been heard,
without their labels, as `--same-speaker` does. KETTS has no fearful clips, and JL's "anxious"
stands for fearful. `make evaluate` made these figures from the corpora; every split, its speakers
and its confusion matrix are in `models/bundle/report.json`, and what noise, rooms, telephones,
codecs and sounds that are no speech do to them is in `models/bundle/MODEL_CARD.md`. No test speaker
was heard in training, and none chose the temperature or the thresholds by which it is judged."""

CHOICES = """\
**What was chosen with test scores in sight.** Features, networks and training settings, and with
them the epochs, were chosen looking at scores of all folds and corpora at one time or another, most
often at folds 0 to 3 (`training/EXPERIMENTS.md`), so these figures may flatter a little."""


def figures_table(report: dict[str, Any]) -> str:
    """Return the report's main figures as Markdown."""
    return "\n".join(
        [
            KNOWN_CORPORA,
            "",
            *_rows(report["speakers"]),
            "",
            NEW_CORPORA,
            "",
            *_rows(report["corpora"]),
            "",
            LEGEND,
            "",
            CHOICES,
        ]
    )


def _rows(results: dict[str, Any]) -> list[str]:
    rows = ["| corpus | clips | UAR | speaker known |", "|---|---|---|---|"]
    for corpus, values in results.items():
        spread = f" ± {values['uar_sd']:.2f}" if len(values["splits"]) > 1 else ""
        rows.append(
            f"| {CORPORA.get(corpus, corpus)} | {values['n']} | {values['uar_mean']:.2f}{spread} "
            f"| {values['uar_warm_mean']:.2f} |"
        )
    return rows


def write_figures(page: Path, report: dict[str, Any]) -> None:
    """Put the figures between the markers of a Markdown page.

    Raises
    ------
    ValueError
        The page has no markers.
    """
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page}: no {BEGIN} ... {END}")
    page.write_text(f"{before}{BEGIN}\n{figures_table(report)}\n{END}{after}", encoding="utf-8")
