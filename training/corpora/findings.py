"""What was found amiss in a corpus: nothing is left out of it in silence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """One recording and what is amiss with it.

    Attributes
    ----------
    path : str
        Relative to the folder of all the corpora.
    reason : str
    """

    path: str
    reason: str


@dataclass
class Findings:
    """All that was found amiss in one corpus.

    Attributes
    ----------
    left_out : list of Finding
        Recordings that are not used.
    doubtful : list of Finding
        Recordings that are used all the same.
    outside : int
        Recordings in folders that are not the corpus's.
    """

    left_out: list[Finding] = field(default_factory=list)
    doubtful: list[Finding] = field(default_factory=list)
    outside: int = 0

    def lines(self) -> Iterator[str]:
        """Yield a line for each finding."""
        for finding in self.left_out:
            yield f"left out, {finding.reason}: {finding.path}"
        for finding in self.doubtful:
            yield f"doubtful, {finding.reason}: {finding.path}"
        if self.outside:
            yield f"{self.outside} recordings are in folders that are not the corpus's"


def contradictions(members: Sequence[tuple[str, str]]) -> dict[int, str]:
    """Return which recordings' names give their speaker another sex than most names do.

    The sex or the number of the speaker is then mistyped, and one cannot tell which: such a
    recording may be of a speaker on the other side of a split. ASED has five.

    Parameters
    ----------
    members : sequence of (speaker, sex)

    Returns
    -------
    The reasons, by the position in `members`.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for speaker, sex in members:
        counts[speaker][sex] += 1
    reasons = {}
    for position, (speaker, sex) in enumerate(members):
        own, all_names = counts[speaker][sex], counts[speaker].total()
        if 2 * own <= all_names:
            others = all_names - own
            what = {"F": "a woman", "M": "a man"}.get(sex, "of no known sex")
            reasons[position] = (
                f"its name says that {speaker} is {what}, {others} others of the speaker do not"
            )
    return reasons
