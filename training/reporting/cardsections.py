"""The sections of the model card that hold figures; empty where the report lacks the figures."""

from __future__ import annotations

from typing import Any

from training.reporting.readme import CORPORA as SHORT
from training.reporting.readme import KINDS, figures_table

SEXES = {"F": "women", "M": "men"}


def _picture(name: str, words: str) -> tuple[str]:
    return (f"![{words}](plots/{name}.png)",)


def weak_points(report: dict[str, Any]) -> tuple[str, ...]:
    """Return the weakest points as a list of sentences, those of ordinary voices first."""
    points = [
        *_weak_ordinary(report.get("ordinary")),
        *_weak_acted(report),
        *_weak_sounds(report.get("nonspeech")),
    ]
    return ("## Weak points", "\n".join(f"* {point}" for point in points)) if points else ()


def _weak_ordinary(own: dict[str, Any] | None) -> list[str]:
    if not own:
        return []
    points = [
        f"Of people who speak in an ordinary voice, {own['anybody_first_10_s']:.1%} see a false "
        f"emotion in their first ten seconds; {own['false']:.1%} of the windows with speech show "
        "one."
    ]
    women_over_men = own["women_over_men"]["mean"]
    if women_over_men is not None:
        women, men = (own["by_sex"][sex]["false"] for sex in ("F", "M"))
        points.append(
            f"Women see a false emotion {women_over_men:.1f} times as often as men "
            f"({women:.1%} and {men:.1%} of the windows)."
        )
    if len(own["by_kind"]) > 1:
        kind, worst = max(own["by_kind"].items(), key=lambda item: item[1]["false"])
        name = KINDS.get(kind, kind)
        points.append(f"The most false emotions: {name}, {worst['false']:.1%} of the windows.")
    for after, later in own["later"].items():
        if later and later["after"] > later["before"]:
            points.append(
                f"False emotions become more frequent later: {later['before']:.1%} of the windows "
                f"in the first {after} of a session, {later['after']:.1%} after them "
                f"({later['people']} people)."
            )
    calibrated = own["calibration"]
    if calibrated and calibrated["after_false"] > calibrated["before_false"]:
        points.append(
            "A calibration makes false emotions more frequent: "
            f"{calibrated['before_false']:.1%} of the windows before, "
            f"{calibrated['after_false']:.1%} after."
        )
    return points


def _weak_acted(report: dict[str, Any]) -> list[str]:
    points = []
    left_out = report.get("corpora") or {}
    if left_out:
        mean = sum(v["uar_mean"] for v in left_out.values()) / len(left_out)
        name, worst = min(left_out.items(), key=lambda item: item[1]["uar_mean"])
        points.append(
            f"On corpora left out of training the UAR is {mean:.2f} (chance 0.20); the worst is "
            f"{SHORT.get(name, name)} with {worst['uar_mean']:.2f}."
        )
    means = report.get("sessions", {}).get("mean", {})
    if "same" in means and means["same"] < means["nothing"]:
        points.append(
            "After speech of one emotion the network recognises that emotion less well: UAR "
            f"{means['same']:.2f} instead of {means['nothing']:.2f}."
        )
    speakers = report.get("fairness", {}).get("by_speaker")
    if speakers:
        points.append(
            f"Speakers differ: the UAR of the worst of {speakers['speakers']} speakers is "
            f"{speakers['worst']:.2f}, the median {speakers['median']:.2f}."
        )
    return points


def _weak_sounds(own: dict[str, Any] | None) -> list[str]:
    if not own or not own["uploads"]:
        return []
    kind, worst = max(own["uploads"]["by_kind"].items(), key=lambda item: item[1]["emotional"])
    if not worst["emotional"]:
        return []
    return [
        f"Sounds without speech are given an emotion. The worst kind is {kind}: "
        f"{worst['emotional']:.1%} of the uploaded recordings."
    ]


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
    names = SEXES | KINDS
    groups = {**own["by_kind"], **own["by_sex"], **own["by_pitch"], "**mean of the kinds**": own}
    rows += [
        f"| {names.get(name, name)} | {v['people']} | {v['false']:.1%} | {v['neutral']:.1%} "
        f"| {v['anybody_first_10_s']:.1%} | {v['changes_a_minute']:.1f} |"
        for name, v in groups.items()
        if v
    ]
    return (
        "## Ordinary voices",
        own["protocol"],
        "\n".join(rows),
        _ratios(own["women_over_men"], "by_kind"),
        *_later(own["later"]),
        f"Ordinary clips are told from emotional clips with an area under the curve of "
        f"{own['auc']:.2f}.",
        *_calibrated(own["calibration"]),
        *_acted_neutral(own["acted_neutral"]),
    )


def _ratios(own: dict[str, Any], groups: str) -> str:
    """Return the ratio of women's to men's false emotions in a sentence; empty without one."""
    if own["mean"] is None:
        return ""
    names = SHORT | KINDS
    each = "; ".join(
        f"{names.get(name, name)}: " + ("no false emotion of men" if v is None else f"{v:.1f}")
        for name, v in own[groups].items()
    )
    return (
        "False emotions of women over those of men: the ratio of the mean shares is "
        f"{own['mean']:.2f} ({each})."
    )


def _later(own: dict[str, Any]) -> tuple[str, ...]:
    rows = [
        f"| {after} | {v['people']} | {v['n']} | {v['before']:.1%} | {v['after']:.1%} |"
        for after, v in own.items()
        if v
    ]
    head = (
        "| later than | people | windows | false emotions before | after |",
        "|---|---|---|---|---|",
    )
    words = (
        "False emotions later in a session. Each row compares the same streams before and after "
        "that time; only people whose stream is longer count."
    )
    return (words, "\n".join((*head, *rows))) if rows else ()


def _calibrated(own: dict[str, Any]) -> tuple[str, ...]:
    if not own:
        return ()
    return (
        f"After ten seconds of calibration, {own['after_neutral']:.1%} of the windows of "
        f"{own['people']} people are shown as neutral instead of {own['before_neutral']:.1%}, and "
        f"{own['after_false']:.1%} instead of {own['before_false']:.1%} show a false emotion.",
    )


def _acted_neutral(own: dict[str, Any]) -> tuple[str, ...]:
    by_corpus = "; ".join(
        f"{SHORT.get(corpus, corpus)}: {v['false']:.1%}"
        + (f" (women {v['F']:.1%}, men {v['M']:.1%})" if "F" in v and "M" in v else "")
        for corpus, v in own["by_corpus"].items()
    )
    if not by_corpus:
        return ()
    return (
        f"Acted neutral speech of corpora left out: {own['false']:.1%} of the windows show another "
        f"emotion ({by_corpus}).",
        _ratios(own["women_over_men"], "by_corpus"),
    )


def sessions(report: dict[str, Any]) -> tuple[str, ...]:
    """Return the UAR after each kind of earlier speech of the session."""
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


def teaching(report: dict[str, Any]) -> tuple[str, ...]:
    """Return what a few labelled clips of the speaker change."""
    own = report.get("teaching") or {}
    parts = [(title, own[name]) for name, title in TAUGHT.items() if own.get(name)]
    if not parts:
        return ()
    said = ["## Teaching a voice", own["protocol"]]
    for title, found in parts:
        names = [name for name, lesson in found["lessons"].items() if lesson]
        rows = [
            f"| {title} | " + " | ".join("nothing" if n == "0" else n for n in names) + " |",
            "|---|" + "---|" * len(names),
        ]
        corpora = found["lessons"]["3"]["by_corpus"]
        for corpus in (*corpora, ""):
            cells = []
            for name in names:
                lesson = found["lessons"][name]
                values = lesson["by_corpus"].get(corpus) if corpus else lesson
                cells.append(_taught_cell(values, name))
            label = SHORT.get(corpus, corpus) if corpus else "**mean**"
            rows.append(f"| {label} | " + " | ".join(cells) + " |")
        said += ["\n".join(rows), _taught_words(found)]
    if own.get("ordinary"):
        calm = own["ordinary"]
        said.append(
            f"Ordinary speech of {calm['people']} people: {calm['nothing']:.1%} of the windows "
            f"with a false emotion when nothing is known, {calm['calibrated']:.1%} after a "
            f"calibration of ten seconds, {calm['taught']:.1%} when these ten seconds are taught "
            "as neutral."
        )
    return tuple(said)


TAUGHT = {"corpora": "corpus left out", "folds": "folds by speaker"}


def _taught_cell(values: dict[str, Any] | None, lesson: str) -> str:
    if not values:
        return "-"
    if lesson == "0":
        return f"{values['known']:.2f}"
    return f"{values['known']:.2f}, {values['taught']:.2f}"


def _taught_words(found: dict[str, Any]) -> str:
    """Return women and men, false emotions and doubtful clips in sentences."""
    said = ["Each cell has the UAR when only the mean is known, and when the clips are taught."]
    sexes = {s: v for s, v in found["by_sex"].items() if v}
    if len(sexes) > 1:
        said.append(
            "Three clips of each emotion raise the UAR of women from "
            f"{sexes['F']['known']:.2f} to {sexes['F']['taught']:.2f}, of men from "
            f"{sexes['M']['known']:.2f} to {sexes['M']['taught']:.2f}."
        )
    alarms = found["false"]
    if alarms:
        said.append(
            f"Windows of acted neutral speech with a false emotion: {alarms['known']:.1%} known, "
            f"{alarms['taught']:.1%} taught."
        )
    for count, own in found["doubts"].items():
        if own["found"] is not None and own["false"] is not None:
            said.append(
                f"With {count} of each emotion, enrolment doubts {own['found']:.0%} of the clips "
                f"with a wrong label and {own['false']:.1%} of the others."
            )
    said.append(
        f"In {found['refused']:.1%} of the lessons of three clips the clips do not separate, and "
        "the network judges as before."
    )
    return " ".join(said)


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
        "## Acted speech, by corpus",
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
    """Return how well the confidence agrees with the accuracy."""
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
    """Return the judgements of sounds without speech, and the speech that is refused as a sound."""
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
    return (
        "## Sounds that are no speech",
        *_uploads(own["uploads"]),
        own["protocol"],
        "\n".join(rows),
        _voice(report),
    )


def _uploads(own: dict[str, Any]) -> tuple[str, ...]:
    if not own:
        return ()
    rows = ["| uploaded sound | recordings | an emotion but neutral | any emotion |"]
    rows.append("|---|---|---|---|")
    rows += [
        f"| {kind} | {v['n']} | {v['emotional']:.1%} | {v['named']:.1%} |"
        for kind, v in {**own["by_kind"], "**mean of the kinds**": own}.items()
    ]
    return (own["protocol"], "\n".join(rows))


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
        f"Real speech that the network takes for a sound without a voice: "
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


def speakers(report: dict[str, Any]) -> tuple[str, ...]:
    """Return the UAR of women, of men and of single speakers."""
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
    single = own["by_speaker"]
    return (
        "## Speakers",
        f"Of {single['speakers']} speakers, the worst has a UAR of {single['worst']:.2f} and the "
        f"median is {single['median']:.2f}. The Gini coefficient is {single['gini']:.3f}; it would "
        f"be 0 if the UAR of all speakers were equal. {single['protocol']}"
        if single
        else "",
        f"Women and men, UAR. {own['protocol']}",
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
