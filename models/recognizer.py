"""The recogniser: samples in, judgements out; a whole file is a stream that was pushed at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.activity import VoiceActivity
from models.bundle import DEFAULT_BUNDLE, Card, load_bundle
from models.features import BLOCK, FeatureExtractor, Floats, Frames
from models.normalisation import Speaker
from models.runtime import Network
from models.spans import summed
from models.timeline import Judgement, Timeline, Window

DEFAULT_STEP_S = 0.25
RECENT = 100  # frames: the state looks at the last second
LEAST_SPEECH = 30  # frames of the last second: less is silence


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

    def __init__(self, card: Card, network: Network) -> None:
        self.card = card
        self.network = network
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
        return cls(card, Network(card, weights))

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
        """
        return RecognitionStream(self, step_s=step_s, speaker=speaker, keep_frames=keep_frames)

    def predict(self, samples: Floats, *, speaker: Speaker | None = None) -> Judgement:
        """Judge a whole signal: float32 mono at 16 kHz, shape (n,)."""
        stream = self.stream(speaker=speaker)
        stream.push(samples)
        return stream.finish()

    def speaker(self, clips: Iterable[Floats]) -> Speaker:
        """Return what several clips, each of shape (n,), tell about one person's voice.

        First the mean of all their speech, then what each sounds like by that mean: what all of a
        voice's utterances lean to is the voice (`Speaker.bias`). The clips' order changes nothing;
        all of them are held in memory.
        """
        kept = list(clips)
        speaker = Speaker()
        for samples in kept:
            frames = self.extractor.frames(samples)
            speaker = speaker.hear(frames.columns[VoiceActivity().push(frames.level)])
        by_mean = speaker
        for samples in kept:
            judgement = self.predict(samples, speaker=by_mean)
            if judgement.emotion is not None:
                speaker = speaker.judged(judgement.probabilities)
        return speaker


class RecognitionStream:
    """Judges a signal that arrives in pieces of any length; the pieces' cutting changes nothing.

    Raises
    ------
    ValueError
        `step_s` is not a positive multiple of the features' block, 0.25 s.
    """

    def __init__(
        self, recognizer: Recognizer, *, step_s: float, speaker: Speaker | None, keep_frames: bool
    ) -> None:
        card = recognizer.card
        self._fps = card.features.frames_per_second
        block_s = BLOCK / self._fps
        self._stride = round(step_s / block_s)
        if self._stride < 1 or abs(self._stride * block_s - step_s) > 1e-9:
            raise ValueError(f"step_s is {step_s}, not a multiple of {block_s}")
        self._card = card
        self._network = recognizer.network
        self._features = recognizer.extractor.stream()
        self._rate = card.features.sample_rate
        self._samples = 0
        self._speaker = speaker or Speaker()
        self._activity = VoiceActivity()
        bias = self._speaker.bias(card.decision.speaker_strength)
        self._timeline = Timeline(card.labels, card.decision, bias=bias)
        self._speech = np.zeros(card.window_frames, np.bool_)
        self._spans = np.zeros((card.window_spans, card.features.columns), np.float32)
        self._spoken = np.zeros(card.window_spans, np.bool_)
        self._begin_s = 0.0  # where the current uninterrupted part began
        self._heard = 0  # frames since then
        self._due = 0  # of them, those that the last window covered or would have covered
        self._judged = 0  # those that the last window covered that was judged
        self._lost_s = 0.0  # sound of this part that nobody hears
        self._judged_lost_s = 0.0  # of it, before the last window that was judged
        self._gaps: list[tuple[int, float]] = []  # where, in frames of this part; how long
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
        windows = []
        blocks = self._features.push(samples)
        for left, block in zip(reversed(range(len(blocks))), blocks, strict=True):
            self._hear(block)
            if self._heard - self._due < self._stride * BLOCK:
                continue
            self._due = self._heard
            if at_most is None or left // self._stride < at_most:
                windows.append(self._judge(self.heard_s))
            else:
                self._skip(1)
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
        last = None
        if self._heard > self._judged or (
            self._samples and self.duration_s > self._begin_s and not self._heard
        ):
            last = self._judge(self.duration_s)
        self._begin_s = self.duration_s
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

    def _skip(self, count: int) -> None:
        self.skipped += count
        self._timeline.skip(count)

    def _hear(self, block: Frames) -> None:
        count = len(block)
        if not count:
            return
        speech = self._activity.push(block.level)
        columns = block.columns
        if self._card.span > 1:
            sums = summed(columns, speech, span=self._card.span)
            total = sums.total.sum(axis=0, dtype=np.float64)
            counts = sums.count.sum(axis=0).astype(np.int64)
            self._speaker = self._speaker.joined(Speaker(total, counts))
            spans, spoken = sums.mean, sums.spoken
        else:
            self._speaker = self._speaker.hear(columns[speech])
            spans, spoken = columns, speech
        for ring, new in ((self._speech, speech), (self._spans, spans), (self._spoken, spoken)):
            ring[: -len(new)] = ring[len(new) :]
            ring[-len(new) :] = new
        self._heard += count
        if self._kept is not None:
            normalised = self._card.normalisation.apply(columns, self._speaker)
            mfcc = normalised[:, : self._card.features.n_mfcc]
            self._kept.append(np.clip(mfcc * 32, -127, 127).astype(np.int8))

    def _judge(self, end_s: float) -> Window:
        frames = min(self._heard, self._card.window_frames)
        length_s = self._card.window_frames / self._fps
        if self._gaps:
            self._gaps = [gap for gap in self._gaps if gap[0] > self._heard - frames]
            length_s += sum(seconds for _, seconds in self._gaps)
        start_s = max(self._begin_s, end_s - length_s)
        new = self._heard - self._judged
        step_s = new / self._fps + (self._lost_s - self._judged_lost_s)
        self._judged, self._judged_lost_s = self._heard, self._lost_s
        speech = self._speech[-frames:] if frames else self._speech[:0]
        if speech[-RECENT:].sum() < LEAST_SPEECH:
            return self._timeline.silence(start_s, end_s)
        spans = -(-frames // self._card.span)
        columns = self._card.normalisation.apply(self._spans[-spans:], self._speaker)
        emotions, voice = self._network.logits(columns, self._spoken[-spans:])
        if voice < self._card.decision.voice_above:
            return self._timeline.silence(start_s, end_s)
        weight = float(speech.sum()) / self._card.window_frames
        stands_for = max(1.0, min(new, frames) / (self._stride * BLOCK))  # those skipped before it
        return self._timeline.speech(
            start_s, end_s, logits=emotions, step_s=step_s, weight=weight**2 * stands_for
        )
