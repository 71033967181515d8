"""The tables of figures in README.md, between two markers, written from the report."""

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

KINDS = {
    "read": "people who read English aloud",
    "read, child": "children who read in a second language",
    "read, second language": "adults who read in a second language",
}
"""Kinds of ordinary speech in words."""

ORDINARY = """\
**Ordinary voices.** Nobody acts here: people read aloud, in their own or in a second language, and
every emotion but neutral is false. The network heard nothing of the source of these recordings."""

KNOWN_CORPORA = """\
**New voices, known corpora.** Six folds by speaker; the network heard other speakers of the same
corpus."""

NEW_CORPORA = """\
**New voices, new corpora.** The network heard nothing of the corpus, as it heard nothing of your
voice and your microphone."""

LEGEND = """\
UAR is the mean recall of the five emotions, here of whole clips, and the mean over the splits; ± is
the standard deviation between them. "Speaker known": the recogniser knows the mean of the speaker's
other clips, without their labels, as with `--same-speaker`. KETTS and BanglaSER have no fearful
clips, AESDD has no neutral ones, and JL's "anxious" stands for fearful. `make evaluate` made these
figures from the corpora; every split, its speakers and its confusion matrix are in
`models/bundle/report.json`. `models/bundle/MODEL_CARD.md` has all parts of the report, the weak
points first. No test speaker was in the training, and none chose the temperature or the thresholds
of the judgement."""

CHOICES = """\
**What was chosen with test scores in sight.** Features, networks and training settings, and with
them the epochs, were chosen looking at scores of all folds and corpora at one time or another, most
often at folds 0 to 3 (`training/EXPERIMENTS.md`), so these figures may flatter a little."""


def readme_figures(report: dict[str, Any]) -> str:
    """Return the figures of the README as Markdown: ordinary voices, then acted speech."""
    return "\n".join([*_ordinary(report.get("ordinary")), figures_table(report)])


def _ordinary(own: dict[str, Any] | None) -> list[str]:
    if not own:
        return []
    rows = [
        ORDINARY,
        "",
        "| speakers | speech with a false emotion | people who see one in ten seconds "
        "| changes of the display a minute |",
        "|---|---|---|---|",
    ]
    rows += [
        f"| {KINDS.get(kind, kind)} | {v['false']:.1%} | {v['anybody_first_10_s']:.1%} "
        f"| {v['changes_a_minute']:.1f} |"
        for kind, v in {**own["by_kind"], "**mean**": own}.items()
    ]
    calibrated = own["calibration"]
    if calibrated:
        rows += [
            "",
            f"A calibration changes the share of speech with a false emotion from "
            f"{calibrated['before_false']:.1%}",
            f"to {calibrated['after_false']:.1%}, and the share with neutral from "
            f"{calibrated['before_neutral']:.1%} to {calibrated['after_neutral']:.1%}.",
        ]
    return [*rows, ""]


def figures_table(report: dict[str, Any]) -> str:
    """Return the figures of acted speech as Markdown."""
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
    page.write_text(f"{before}{BEGIN}\n{readme_figures(report)}\n{END}{after}", encoding="utf-8")
