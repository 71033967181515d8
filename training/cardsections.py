"""The model card's sections that tell figures; empty where the report has none of them."""

from __future__ import annotations

from typing import Any

from training.prose import CORPORA as SHORT
from training.prose import figures_table

SEXES = {"F": "women", "M": "men"}


def _picture(name: str, words: str) -> tuple[str]:
    return (f"![{words}](plots/{name}.png)",)


def ordinary(report: dict[str, Any]) -> tuple[str, ...]:
    """Return the false alarms in ordinary speech."""
    own = report.get("ordinary")
    if not own:
        return ()
    rows = [
        "| speakers | people | windows with a false emotion | shown as neutral "
        "| people with a false emotion in ten seconds | changes a minute |",
        "|---|---|---|---|---|---|",
    ]
    groups = {**own["by_kind"], **own["by_sex"], **own["by_pitch"], "**mean of the kinds**": own}
    rows += [
        f"| {SEXES.get(name, name)} | {v['people']} | {v['false']:.1%} | {v['neutral']:.1%} "
        f"| {v['anybody_first_10_s']:.1%} | {v['changes_a_minute']:.1f} |"
        for name, v in groups.items()
        if v
    ]
    acted = own["acted_neutral"]
    by_corpus = "; ".join(
        f"{SHORT.get(corpus, corpus)}: {v['false']:.1%}"
        + (f" (women {v['F']:.1%}, men {v['M']:.1%})" if "F" in v and "M" in v else "")
        for corpus, v in acted["by_corpus"].items()
    )
    calibrated = own["calibration"]
    after = (
        f"After ten seconds of calibration, {calibrated['after_neutral']:.1%} of the windows of "
        f"{calibrated['people']} people are shown as neutral instead of "
        f"{calibrated['before_neutral']:.1%}, and {calibrated['after_false']:.1%} instead of "
        f"{calibrated['before_false']:.1%} show a false emotion."
        if calibrated
        else ""
    )
    return (
        "## Ordinary speech",
        own["protocol"],
        "\n".join(rows),
        f"Acted neutral speech of corpora left out: {acted['false']:.1%} of the windows show "
        f"another emotion ({by_corpus}). Ordinary clips are told from emotional clips with an area "
        f"under the curve of {own['auc']:.2f}. {after}",
    )


def sessions(report: dict[str, Any]) -> tuple[str, ...]:
    """Return what earlier speech of the session does."""
    own = report.get("sessions")
    if not own:
        return ()
    names = {
        "nothing": "nothing",
        "neutral": "10 s neutral",
        "same": "5 clips of the same emotion",
        "mixed": "5 mixed clips",
        "all": "all clips",
    }
    shown = [name for name in names if name in own["mean"]]
    rows = [
        "| corpus left out | " + " | ".join(names[name] for name in shown) + " |",
        "|---|" + "---|" * len(shown),
    ]
    rows += [
        f"| {SHORT.get(corpus, corpus)} | "
        + " | ".join(f"{v[name]:.2f}" if name in v else "-" for name in shown)
        + " |"
        for corpus, v in {**own["by_corpus"], "**mean**": own["mean"]}.items()
    ]
    return ("## What a session knows", own["protocol"], "\n".join(rows))


def by_corpus(report: dict[str, Any]) -> tuple[str, ...]:
    """Return UAR by corpus."""
    without = [
        f"{SHORT.get(corpus, corpus)}: {values['uar_without_stand_ins']:.2f}"
        for corpus, values in report["corpora"].items()
        if "uar_without_stand_ins" in values
    ]
    words = (
        "Where another label stands for one of the five (JL's anxious, EmoSpeech's calm), the "
        f"UAR on a new corpus without those clips: {'; '.join(without)}."
    )
    return (
        "## By corpus",
        figures_table(report),
        words if without else "",
        *_picture("corpora", "UAR of every corpus"),
    )


def confusions(report: dict[str, Any]) -> tuple[str, ...]:
    """Return the confusion matrices."""
    return (
        "## Confusion matrices",
        "New voices of known corpora, then of corpora that the network heard nothing of.",
        *_picture("confusion-speakers", "Confusion matrices, folds by speaker"),
        *(
            _picture("confusion-corpora", "Confusion matrices, corpora left out")
            if report.get("corpora")
            else ()
        ),
    )


def warm_up(report: dict[str, Any]) -> tuple[str, ...]:
    """Return the curve against seconds heard of a speaker."""
    own = report.get("warm_up")
    if not own:
        return ()
    rows = [
        "| corpus left out | clips | " + " | ".join(f"{s} s" for s in own["seconds"]) + " |",
        "|---|---|" + "---|" * len(own["seconds"]),
    ]
    rows += [
        f"| {SHORT.get(corpus, corpus)} | {values['n']} | "
        + " | ".join(f"{uar:.2f}" for uar in values["uar"])
        + " |"
        for corpus, values in own["corpora"].items()
    ]
    means = zip(own["uar_mean"], own["uar_sd"], strict=True)
    rows.append(
        f"| mean | {own['n']} | " + " | ".join(f"{m:.2f} ± {sd:.2f}" for m, sd in means) + " |"
    )
    share = own["share_of_gain_by_10_s"]
    heard = (
        f" After 10 s, {share:.0%} of the gain of 60 s is there."
        if share is not None
        else " On average nothing was gained."
    )
    return (
        "## The longer you talk, the better it knows you",
        f"UAR against seconds heard of the speaker's other speech, labels unused.{heard}",
        "\n".join(rows),
        *_picture("warm-up", "UAR against seconds heard"),
    )


def robustness(report: dict[str, Any]) -> tuple[str, ...]:
    """Return what microphones, rooms and lines do."""
    own = report.get("robustness")
    if not own:
        return ()
    rows = ["| the same clip with | decisions unchanged | UAR lost |", "|---|---|---|"]
    rows += [
        f"| {how} | {v['unchanged']['mean']:.1%} ± {v['unchanged']['sd']:.1%} "
        f"| {v['uar_lost']['mean']:.3f} ± {v['uar_lost']['sd']:.3f} |"
        for how, v in own["conditions"].items()
    ]
    return (
        "## Microphones, rooms and lines",
        f"{own['n']} clips, {own['folds']} folds by speaker.",
        "\n".join(rows),
        *_picture("robustness", "Decisions unchanged by each disturbance"),
    )


def calibration(report: dict[str, Any]) -> tuple[str, ...]:
    """Return how far the confidence can be believed."""
    own = report.get("calibration")
    if not own:
        return ()
    refusing = own["abstaining"]
    return (
        "## Confidence",
        f"Expected calibration error {own['ece']['mean']:.3f} ± {own['ece']['sd']:.3f} over "
        f"{own['folds']} folds ({own['n']} clips); all clips together {own['ece_pooled']:.3f}. "
        f"Judging only the surest {refusing['coverage']['mean']:.0%} raises the UAR of all corpora "
        f"together from {refusing['uar_all']:.2f} to {refusing['uar_when_sure']:.2f}.",
        own["protocol"],
        *_picture("reliability", "Reliability diagram"),
        *_picture("coverage", "UAR against the share of clips judged"),
    )


def nonspeech(report: dict[str, Any]) -> tuple[str, ...]:
    """Return what becomes of sounds that are no speech, and of speech that passes for one."""
    own = report.get("nonspeech")
    if not own:
        return ()
    rows = [
        "| sound | windows judged silence or unsure | clips with a false emotion |",
        "|---|---|---|",
    ]
    rows += [
        f"| {kind} | {v['mean']:.1%} ± {v['sd']:.1%} "
        f"| {own['clips_with_a_false_emotion'][kind]['mean']:.1%} |"
        for kind, v in own["kinds"].items()
    ]
    rows.append(f"| **all** | {own['all']['mean']:.1%} ± {own['all']['sd']:.1%} | |")
    return ("## Sounds that are no speech", own["protocol"], "\n".join(rows), _voice(report))


def _voice(report: dict[str, Any]) -> str:
    own = report.get("voice")
    if not own:
        return ""
    lost = "; ".join(
        f"{SHORT.get(corpus, corpus)}: {v['refused']:.1%} of {v['n']} windows, "
        f"{v['silenced']:.1%} of the clips wholly"
        for corpus, v in own["by_corpus"].items()
    )
    return (
        f"The other side of it, real speech refused for not sounding like a voice: "
        f"{own['refused']['mean']:.1%} ± {own['refused']['sd']:.1%} of the windows ({lost}). "
        f"{own['protocol']}"
    )


def stream(report: dict[str, Any]) -> tuple[str, ...]:
    """Return how a live stream is followed."""
    own = report.get("stream")
    if not own:
        return ()
    rows = [
        "| talks of | right | unsure | right when sure | needless changes a minute | changes shown "
        "| after, median / 90 % |",
        "|---|---|---|---|---|---|---|",
    ]
    named = [(SHORT.get(corpus, corpus), v) for corpus, v in own["by_corpus"].items()]
    rows += [
        f"| {name} | {v['right']:.2f} | {v['unsure']:.2f} | {v['right_when_sure']:.2f} "
        f"| {v['needless']:.1f} | {v['found']:.0%} | {_seconds(v['delay_median_s'])} / "
        f"{_seconds(v['delay_p90_s'])} |"
        for name, v in [*named, ("**mean**", own)]
    ]
    return (
        "## A live stream",
        f"{own['talks']} talks, {own['minutes']:.0f} minutes. {own['protocol']}",
        "\n".join(rows),
    )


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def fairness(report: dict[str, Any]) -> tuple[str, ...]:
    """Return UAR of women and of men."""
    own = report.get("fairness")
    if not own:
        return ()
    rows = ["| corpus | women | men | gap | speakers |", "|---|---|---|---|---|"]
    rows += [
        f"| {SHORT.get(corpus, corpus)} | {v['women']:.2f} | {v['men']:.2f} | {v['gap']:+.2f} "
        f"| {v['speakers']['F']} + {v['speakers']['M']} |"
        for corpus, v in own["by_corpus"].items()
    ]
    rows.append(
        f"| mean | {own['women']['mean']:.2f} | {own['men']['mean']:.2f} "
        f"| {own['gap']['mean']:+.2f} | |"
    )
    return (
        "## Women and men",
        f"UAR. {own['protocol']}",
        "\n".join(rows),
        *_picture("sexes", "UAR of women and men"),
    )


def random(report: dict[str, Any]) -> tuple[str, ...]:
    """Return the figure to distrust."""
    own = report.get("random_split")
    if not own:
        return ()
    honest = own["honest_uar"]
    return (
        "## The figure to distrust",
        f"On a random split of RAVDESS's clips this network gets an accuracy of "
        f"{own['accuracy']:.2f} (UAR {own['uar']:.2f}, n {own['n']}), the original project "
        f"{own['original_project']:.2f}. **Both are inflated**: the test voices are the training "
        "voices." + (f" On actors never heard its UAR is {honest:.2f}." if honest else ""),
    )
