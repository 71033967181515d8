"""The recogniser: samples in, judgements out; a whole file is a stream that was pushed at once."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.bundle import DEFAULT_BUNDLE, POPULATION_FILE, BundleError, Card, load_bundle
from models.enrolment import Enrolment, enrol
from models.features import BLOCK, FeatureExtractor, Floats, Frames
from models.level import Level
from models.onset import grid_origin
from models.runtime import Network
from models.spans import Spans, summed
from models.speaker import Speaker, TaughtBy
from models.teaching import Adaptation, Doubles, Population, vector_of
from models.timeline import Judgement, Timeline, Window

DEFAULT_STEP_S = 0.25
RECENT = 100  # frames: the state looks at the last second
LEAST_SPEECH = 30  # frames of the last second: less is silence
LEAST_UNVOICED = 60  # frames of speech in the last second that fix the grid without a pitch
LEAST_VOICED = 20  # of them, frames with a pitch before the grid is fixed: noise fixes no grid
LEAST_MELODY = 0.05  # octaves: standard deviation of the pitch of a voice; a hum has none
REMEMBERED = 24000  # samples: the last second, and as much before it as `grid_origin` may need


class Recognizer:
    """Hears how a voice sounds.

    Examples
    --------
    >>> import numpy as np
    >>> from models import Recognizer
    >>> recognizer = Recognizer.load()
    >>> recognizer.predict(np.zeros(16000, np.float32)).emotion is None
    True
    """

    def __init__(self, card: Card, network: Network, population: bytes = b"") -> None:
        self.card = card
        self.network = network
        self.population: Population | None = None
        self.taught_by = TaughtBy()
        if population:
            self.population = _population(population, len(card.labels) + card.components)
            digest = hashlib.sha256(population).hexdigest()
            self.taught_by = TaughtBy(digest, len(card.labels), self.population.size)
        self.extractor = FeatureExtractor(card.features, network.encoder)

    @classmethod
    def load(cls, folder: Path = DEFAULT_BUNDLE) -> Recognizer:
        """Return the recogniser of a bundle.

        Raises
        ------
        BundleError
            The folder holds no usable bundle.
        """
        card, weights = load_bundle(folder)
        return cls(card, Network(card, weights), weights.population)

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions, in the order of every probability vector."""
        return self.card.labels

    def stream(
        self,
        *,
        step_s: float = DEFAULT_STEP_S,
        speaker: Speaker | None = None,
        keep_frames: bool = False,
        keep_vectors: bool = False,
    ) -> RecognitionStream:
        """Return a stream that judges a window every `step_s` seconds (a multiple of 0.25).

        Parameters
        ----------
        step_s : float
            Time between two judgements.
        speaker : Speaker, optional
            What is already known of the voice, from `speaker`.
        keep_frames : bool
            Whether `take_frames` is going to be used.
        keep_vectors : bool
            Whether `take_vectors` is going to be used.
        """
        return RecognitionStream(
            self,
            step_s=step_s,
            speaker=speaker,
            keep_frames=keep_frames,
            keep_vectors=keep_vectors,
        )

    def predict(self, samples: Floats, *, speaker: Speaker | None = None) -> Judgement:
        """Judge a whole signal: float32 mono at 16 kHz, shape (n,)."""
        stream = self.stream(speaker=speaker)
        stream.push(samples)
        return stream.finish()

    def teach(self, clips: Mapping[str, Sequence[Floats]]) -> Speaker:
        """Return the profile of a speaker from a few labelled clips.

        Parameters
        ----------
        clips : mapping of str to sequence of ndarray
            Clips of each emotion, float32 mono at 16 kHz, each of shape (n,). One clip of some of
            the emotions is enough; the more, the better.

        Raises
        ------
        TeachingError
            The bundle has no population, or a clip cannot be used.

        See Also
        --------
        enrol : the same with a check of the clips.
        """
        return self.enrol(clips).speaker

    def enrol(self, clips: Mapping[str, Sequence[Floats]]) -> Enrolment:
        """Return a profile as `teach`, with a check of the clips and the doubtful ones."""
        return enrol(self, clips)

    def to_text(self, speaker: Speaker) -> str:
        """Return a profile as a text for its owner; `ValueError` if nothing has been heard."""
        return speaker.to_text(self.card.features, self.taught_by)

    def from_text(self, text: str) -> Speaker:
        """Return the profile of a text; `SpeakerError` if it is none of this model."""
        return Speaker.from_text(text, self.card.features, self.taught_by)

    def level_of(self, speaker: Speaker) -> Level:
        """Return the level of the speech that a speaker is known from."""
        if not speaker.count:
            return Level()
        first = float(speaker.total[0]) / speaker.count
        return Level(first / math.sqrt(self.card.features.n_mels), speaker.count)

    def speaker(self, clips: Iterable[Floats]) -> Speaker:
        """Return what clips of one person, each of shape (n,), tell about the voice: its mean.

        The order of the clips changes nothing; all of them are held in memory.
        """
        kept = list(clips)
        speaker = Speaker()
        # The first pass measures the level of all clips, at which the encoder then hears each one.
        for _ in range(2 if self.network.encoder else 1):
            level, speaker = speaker, Speaker()
            for samples in kept:
                frames = self.extractor.frames(samples, level=self.level_of(level))
                speaker = speaker.hear(frames.columns[frames.speech])
        return speaker


def _population(content: bytes, size: int) -> Population:
    """Return the population of a bundle whose vectors have `size` values.

    Raises
    ------
    BundleError
        It is damaged or belongs to another network.
    """
    try:
        population = Population.from_bytes(content)
    except ValueError as error:
        raise BundleError(f"{POPULATION_FILE}: malformed ({error})") from None
    if population.size != size:
        raise BundleError(
            f"{POPULATION_FILE}: for vectors of {population.size} values, the network has {size}"
        )
    return population


class RecognitionStream:
    """Judges a signal that arrives in pieces of any length; the pieces' cutting changes nothing.

    Raises
    ------
    ValueError
        `step_s` is not a positive multiple of the features' block, 0.25 s.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        *,
        step_s: float,
        speaker: Speaker | None,
        keep_frames: bool,
        keep_vectors: bool = False,
    ) -> None:
        card = recognizer.card
        self._fps = card.features.frames_per_second
        block_s = BLOCK / self._fps
        self._stride = round(step_s / block_s)
        if self._stride < 1 or abs(self._stride * block_s - step_s) > 1e-9:
            raise ValueError(f"step_s is {step_s}, not a multiple of {block_s}")
        self._card = card
        self._network = recognizer.network
        self._extractor = recognizer.extractor
        self._rate = card.features.sample_rate
        self._samples = 0
        self._speaker = speaker or Speaker()
        self._features = self._extractor.stream(
            level=recognizer.level_of(self._speaker), encodes=False
        )
        decision = card.decision
        if self._speaker.neutral:
            decision = decision.after_calibration(len(card.labels))
        self._timeline = Timeline(card.labels, decision)
        self._adaptation: Adaptation | None = None
        taught = self._speaker.taught
        if recognizer.population and taught and taught.adapts:
            self._adaptation = Adaptation(recognizer.population, taught)
        self._vectors: list[tuple[Doubles, float]] | None = [] if keep_vectors else None
        self._speech = np.zeros(card.window_frames, np.bool_)
        self._spans = np.zeros((card.window_spans, card.features.columns), np.float32)
        self._spoken = np.zeros(card.window_spans, np.bool_)
        self._part_s = 0.0  # where the current uninterrupted part began
        self._before = self._speaker  # the speaker at that time
        # The newest samples of the part until its grid is fixed, and the index of the first one.
        self._recent: Floats | None = np.zeros(0, np.float32)
        self._dropped = 0
        self._levels = np.zeros(RECENT, np.float32)  # of the newest frames until then
        self._pitch = np.zeros(RECENT, np.float32)
        self._last_pitch = np.nan  # of the last voiced span
        self._begin_s = 0.0  # where the part's grid begins
        self._heard = 0  # frames since then
        self._due = 0  # of them, those that the last window covered or would have covered
        self._judged = 0  # those that the last window covered that was judged
        self._lost_s = 0.0  # sound of this part that nobody hears
        self._judged_lost_s = 0.0  # of it, before the last window that was judged
        self._gaps: list[tuple[int, float]] = []  # where, in frames of this part; how long
        self._shown_s = 0.0  # end of the last window that was judged or skipped
        self._repeated = 0  # frames that the stream hears again on the aligned grid
        self._unjudged_s = 0.0  # of all that was lost: for less than a step no window is missing
        self.skipped = 0  # windows that were not judged
        self._kept: list[npt.NDArray[np.int8]] | None = [] if keep_frames else None

    @property
    def duration_s(self) -> float:
        """Seconds of audio pushed so far."""
        return self._samples / self._rate

    @property
    def heard_s(self) -> float:
        """Until when there are features: a frame more needs the samples after it."""
        return self._begin_s + self._lost_s + self._heard / self._fps

    @property
    def lacking_s(self) -> float:
        """Seconds of sound until the next window: what is pushed in smaller pieces gives none."""
        blocks = self._stride - (self._heard - self._due) // BLOCK
        if self._recent is not None:  # any block may fix the grid and so complete a window
            blocks = 1
        return self._features.lacking(blocks) / self._rate

    @property
    def speaker(self) -> Speaker:
        """What has been heard of the voice so far."""
        return self._speaker

    def push(self, samples: Floats, *, at_most: int | None = None) -> list[Window]:
        """Add samples and return the windows that they completed.

        Parameters
        ----------
        samples : ndarray of float32, shape (n,)
            Mono at 16 kHz.
        at_most : int, optional
            How many windows are judged, the newest ones; the others are skipped. They are heard all
            the same, so that the next window that is judged misses nothing of its three seconds.
        """
        self._samples += len(samples)
        windows: list[Window] = []
        while self._recent is not None and len(samples):
            piece, samples = np.split(samples, [self._features.lacking(1)])
            self._remember(piece)
            for block in self._features.push(piece):
                self._hear(block)
                if self._speaks():
                    samples = np.concatenate([self._align(), samples])
                else:
                    windows += self._due_window(self._features.blocks(len(samples)), at_most)
        blocks = self._features.push(samples)
        for left, block in zip(reversed(range(len(blocks))), blocks, strict=True):
            self._hear(block)
            windows += self._due_window(left, at_most)
        return windows

    def lose(self, seconds: float) -> None:
        """Go on without some sound: what comes is later by so much, and windows close the gap."""
        self._samples += round(seconds * self._rate)
        step_s = self._stride * BLOCK / self._fps
        self._unjudged_s += seconds
        missing = int(self._unjudged_s / step_s)
        self._unjudged_s -= missing * step_s
        self._skip(missing)
        if not self._heard:  # nothing before it that a window could reach back to
            self._begin_s += seconds
            self._part_s += seconds
            return
        self._lost_s += seconds
        if self._gaps and self._gaps[-1][0] == self._heard:
            seconds += self._gaps.pop()[1]
        self._gaps.append((self._heard, seconds))

    def cut(self) -> Window | None:
        """End the current part: no window spans what comes before and after a pause.

        Returns
        -------
        Window or None
            The part's last, incomplete window, if it has one.
        """
        self._hear(self._features.finish())
        if self._recent is not None:
            if self._speaks(least=LEAST_SPEECH):
                for block in self._features.push(self._align()):
                    self._hear(block)
                self._hear(self._features.finish())
            else:
                self._speaker = self._before
        last = None
        if self._heard > self._judged or (
            self._samples and self.duration_s > self._begin_s and not self._heard
        ):
            last = self._judge(self.duration_s)
        self._begin_s = self._part_s = self._shown_s = self.duration_s
        self._before = self._speaker
        self._recent, self._dropped = np.zeros(0, np.float32), 0
        self._last_pitch = np.nan
        self._features = self._extractor.stream(
            activity=self._features.activity, level=self._features.level, encodes=False
        )
        self._heard = self._due = self._judged = 0
        self._lost_s = self._judged_lost_s = 0.0
        self._gaps.clear()
        return last

    def finish(self) -> Judgement:
        """End the stream and return the judgement of all of it."""
        self.cut()
        return self._timeline.judgement(self.duration_s)

    def take_frames(self) -> npt.NDArray[np.int8]:
        """Return the normalised MFCCs since the last call, shape (frames, n_mfcc), times 32."""
        if not self._kept:
            return np.zeros((0, self._card.features.n_mfcc), np.int8)
        taken = np.concatenate(self._kept)
        self._kept = []
        return taken

    def take_vectors(self) -> tuple[Doubles, Doubles]:
        """Return the vectors of the windows with speech since the last call, and their weights.

        Returns
        -------
        ndarray, shape (windows, size), and ndarray, shape (windows,)
            See `models.teaching`.
        """
        taken, self._vectors = self._vectors or [], []
        size = len(self._card.labels) + self._card.components
        vectors = np.array([vector for vector, _ in taken]).reshape(len(taken), size)
        return vectors, np.array([weight for _, weight in taken])

    def _speaks(self, *, least: int = LEAST_UNVOICED) -> bool:
        """Return whether the last second holds enough speech to fix the grid.

        Parameters
        ----------
        least : int
            Frames of speech that suffice without a pitch.
        """
        recent = min(self._heard, RECENT)
        speech = self._speech[len(self._speech) - recent :]
        pitch = self._pitch[RECENT - recent :]
        voiced = np.isfinite(pitch)
        if speech.sum() >= least:
            return True
        if speech.sum() >= LEAST_SPEECH and (speech & voiced).sum() >= LEAST_VOICED:
            return True
        if voiced.sum() < max(LEAST_SPEECH, recent / 3) or pitch[voiced].std() < LEAST_MELODY:
            return False
        # A voice without a pause: what looks like the noise floor is the softest speech.
        self._features.activity.lower(float(self._levels[RECENT - recent :].min()))
        return True

    def _remember(self, samples: Floats) -> None:
        """Keep the newest samples of a part whose grid is not fixed yet."""
        if self._recent is None:
            return
        joined = np.concatenate([self._recent, samples])
        self._dropped += max(0, len(joined) - REMEMBERED)
        self._recent = joined[-REMEMBERED:]

    def _align(self) -> Floats:
        """Fix the part's grid to the beginning of its speech; return the samples to hear again.

        Nothing before this speech counts any more: the encoder, the speaker and the windows start
        again at the grid's origin. The noise floor and the level remain.
        """
        hop, recent = self._card.features.hop, self._recent
        assert recent is not None
        frames = min(self._heard, RECENT)
        first = (self._heard - frames) * hop - self._dropped
        origin = grid_origin(
            recent, self._levels[RECENT - frames :], first=first, hop=hop, period=BLOCK * hop
        )
        again = np.concatenate([np.zeros(max(0, -origin), np.float32), recent[max(0, origin) :]])
        moved = (origin + self._dropped) / hop  # frames from the old grid's begin to the new one's
        later = [(at, seconds) for at, seconds in self._gaps if at > moved]
        lost_s = sum(seconds for _, seconds in later)
        self._begin_s += moved / self._fps + self._lost_s - lost_s
        self._gaps = [(round(at - moved), seconds) for at, seconds in later]
        self._judged_lost_s -= min(self._judged_lost_s, self._lost_s - lost_s)
        self._lost_s = lost_s
        self._repeated = max(0, round(self._heard - moved))
        self._judged = max(0, round(self._judged - moved))
        self._heard = self._due = 0
        self._speaker, self._last_pitch = self._before, np.nan
        self._recent = None
        self._features.activity.rewind()
        self._features = self._extractor.stream(
            activity=self._features.activity, level=self._features.level
        )
        return again

    def _due_window(self, left: int, at_most: int | None) -> list[Window]:
        """Return the window that ends with the last block, if one is due.

        Parameters
        ----------
        left : int
            Blocks that follow it at once.
        at_most : int, optional
            As in `push`.
        """
        if self._heard - self._due < self._stride * BLOCK:
            return []
        self._due = self._heard
        if self.heard_s <= self._shown_s + 1e-6:  # a window before the alignment covered it
            return []
        self._shown_s = self.heard_s
        if at_most is None or left // self._stride < at_most:
            return [self._judge(self.heard_s)]
        self._skip(1)
        return []

    def _skip(self, count: int) -> None:
        self.skipped += count
        self._timeline.skip(count)

    def _hear(self, block: Frames) -> None:
        count = len(block)
        if not count:
            return
        speech, columns = block.speech, block.columns
        if self._recent is not None:
            self._levels = np.concatenate([self._levels, block.level])[-RECENT:]
            self._pitch = np.concatenate([self._pitch, block.pitch[:, 0]])[-RECENT:]
        self._take(summed(columns, speech, span=self._card.span), speech)
        if self._kept is not None:
            mean = self._speaker.mean(self._card.normalisation)
            normalised = self._card.normalisation.relative(columns, mean)
            mfcc = normalised[:, : self._card.features.n_mfcc]
            new = mfcc[min(self._repeated, count) :]
            self._kept.append(np.clip(new * 32, -127, 127).astype(np.int8))
        self._repeated = max(0, self._repeated - count)

    def hear(self, spans: Spans) -> list[Window]:
        """Add a block of spans that an earlier stream computed; return the window it completes.

        A stream of spans has no samples: do not `push` to it as well.

        Parameters
        ----------
        spans : Spans
            At most `BLOCK` frames, on the grid that the earlier stream fixed.
        """
        self._recent = None
        speech = (np.arange(self._card.span) < spans.count[:, :1]).ravel()
        self._samples += len(speech) * self._card.features.hop
        self._take(spans, speech)
        return self._due_window(0, None)

    def _take(self, spans: Spans, speech: npt.NDArray[np.bool_]) -> None:
        """Add spans to the window and to what is known of the speaker."""
        if not self._speaker.neutral:  # a calibrated voice keeps its neutral mean
            total = spans.total.sum(axis=0, dtype=np.float64)
            counts = spans.count.sum(axis=0).astype(np.int64)
            self._speaker = self._speaker.joined(Speaker(total, counts))
        mean, pitch = spans.mean, self._card.features.pitch_column
        for row in mean:
            if np.isnan(row[pitch]):
                row[pitch] = self._last_pitch
            self._last_pitch = float(row[pitch])
        for ring, new in (
            (self._speech, speech),
            (self._spans, mean),
            (self._spoken, spans.spoken),
        ):
            ring[: -len(new)] = ring[len(new) :]
            ring[-len(new) :] = new
        self._heard += len(speech)

    def _judge(self, end_s: float) -> Window:
        frames = min(self._heard, self._card.window_frames)
        length_s = self._card.window_frames / self._fps
        if self._gaps:
            self._gaps = [gap for gap in self._gaps if gap[0] > self._heard - frames]
            length_s += sum(seconds for _, seconds in self._gaps)
        start_s = max(self._part_s, self._begin_s, end_s - length_s)
        new = self._heard - self._judged
        step_s = new / self._fps + (self._lost_s - self._judged_lost_s)
        self._judged, self._judged_lost_s = self._heard, self._lost_s
        speech = self._speech[-frames:] if frames else self._speech[:0]
        if self._recent is not None or speech[-RECENT:].sum() < LEAST_SPEECH:
            return self._timeline.silence(start_s, end_s)
        spans = -(-frames // self._card.span)
        window, pitch = self._spans[-spans:], self._card.features.pitch_column
        voiced = np.isfinite(window[:, pitch])
        if voiced.any() and not voiced[0]:
            window = window.copy()
            window[~voiced, pitch] = window[voiced.argmax(), pitch]
        mean, known = self._speaker.estimate(self._card.normalisation)
        columns = self._card.normalisation.relative(window, mean)
        said = self._network.logits(columns, self._spoken[-spans:], known)
        if said.voice < self._card.decision.voice_above:
            return self._timeline.silence(start_s, end_s, other_sound=True)
        share = float(speech.sum()) / self._card.window_frames
        stands_for = max(1.0, min(new, frames) / (self._stride * BLOCK))  # those skipped before it
        weight = share**2 * stands_for
        logits = said.emotions
        if self._vectors is not None or self._adaptation:
            vector = vector_of(said.emotions, said.components)
            if self._vectors is not None:
                self._vectors.append((vector, weight))
            if self._adaptation:
                # The timeline divides by the temperature; adapted logits need none.
                logits = self._adaptation.logits(vector) * self._card.decision.temperature
        return self._timeline.speech(start_s, end_s, logits=logits, step_s=step_s, weight=weight)
