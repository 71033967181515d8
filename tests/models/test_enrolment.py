"""Teaching with clips: what is learnt, what is refused, and what the check says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from models import EMOTIONS, Recognizer, TeachingError
from models.bundle import DEFAULT_BUNDLE, load_bundle
from models.enrolment import balanced, clip_probabilities, separates
from models.runtime import Network
from models.speaker import Speaker
from models.teaching import Population

RATE = 16000


@pytest.fixture(scope="module")
def recognizer():
    """Return the served network with statistics in which logits decide and clips move them."""
    card, weights = load_bundle(DEFAULT_BUNDLE)
    size = len(EMOTIONS) + card.components
    means = np.zeros((len(EMOTIONS), size))
    means[:, : len(EMOTIONS)] = 3 * (np.eye(len(EMOTIONS)) - 0.2)
    even = np.eye(size)
    mixing = np.array([[0.8, 0.0], [0.6, 0.3], [0.5, 0.4], [0.5, 0.5], [0.4, 0.6]])
    population = Population(means, even, even, 2 * even, mixing)
    return Recognizer(card, Network(card, weights), population.to_bytes())


@pytest.fixture(scope="module")
def clips():
    """Return two synthetic clips of each emotion, and which emotion each is meant to be."""
    folder = Path(__file__).resolve().parents[2] / "samples" / "synthetic"
    made: dict[str, list[np.ndarray]] = {}
    for emotion in EMOTIONS:
        for path in sorted(folder.glob(f"*{emotion}*"))[:2]:
            samples, rate = soundfile.read(path, dtype="float32")
            made.setdefault(emotion, []).append(soxr.resample(samples, rate, RATE))
    return made


@pytest.fixture(scope="module")
def enrolled(recognizer, clips):
    return recognizer.enrol(clips)


def test_enrolment_counts_the_clips_of_each_emotion(enrolled, clips):
    assert enrolled.clips == {emotion: len(own) for emotion, own in clips.items()}
    assert enrolled.speaker.taught.counts == tuple(enrolled.clips.values())


def test_the_check_judges_every_clip_whose_emotion_has_two(enrolled):
    assert enrolled.check.clips == sum(enrolled.clips.values())
    assert 0 <= enrolled.check.untaught <= enrolled.check.clips
    assert 0 <= enrolled.check.taught <= enrolled.check.clips


def test_one_clip_of_each_emotion_has_no_check(recognizer, clips):
    alone = recognizer.enrol({emotion: own[:1] for emotion, own in clips.items()})
    assert alone.check is None
    assert alone.speaker.taught.separates


def test_a_taught_profile_changes_the_judgement_and_survives_its_text(recognizer, clips, enrolled):
    swapped = {"happy": clips["sad"], "sad": clips["happy"]}
    speaker = recognizer.teach(swapped)
    clip = clips["sad"][0]
    known = recognizer.predict(clip, speaker=replace(speaker, taught=None)).probabilities
    taught = replace(speaker, taught=replace(speaker.taught, separates=True))
    changed = recognizer.predict(clip, speaker=taught).probabilities
    happy, sad = EMOTIONS.index("happy"), EMOTIONS.index("sad")
    assert changed[happy] - changed[sad] > known[happy] - known[sad]
    text = recognizer.to_text(enrolled.speaker)
    assert len(text) <= 4096
    again = recognizer.predict(clip, speaker=recognizer.from_text(text)).probabilities
    kept = recognizer.predict(clip, speaker=enrolled.speaker.portable()).probabilities
    np.testing.assert_allclose(again, kept, atol=0.005)


def test_clips_that_do_not_separate_leave_the_networks_judgement(recognizer, clips, enrolled):
    plain = replace(enrolled.speaker, taught=None)
    off = replace(enrolled.speaker, taught=replace(enrolled.speaker.taught, separates=False))
    clip = clips["angry"][0]
    assert recognizer.predict(clip, speaker=off) == recognizer.predict(clip, speaker=plain)


def test_neutral_clips_alone_make_a_neutral_speaker(recognizer, clips):
    assert recognizer.teach({"neutral": clips["neutral"]}).neutral
    assert not recognizer.teach({"neutral": clips["neutral"], "sad": clips["sad"]}).neutral


def test_the_mean_counts_every_emotion_alike(recognizer, clips):
    # Many clips of one emotion move the mean no further than one.
    parts = [Speaker(np.full(4, 10.0 * n), np.full(4, 10)) for n in (1.0, 3.0, 3.0, 3.0)]
    np.testing.assert_allclose(balanced(parts, [1, 2, 2, 2]).total / 40, 2.0)
    assert balanced(parts, [1, 2, 2, 2]).count == 40


def test_the_order_of_the_emotions_changes_nothing(recognizer, clips, enrolled):
    again = recognizer.teach({emotion: clips[emotion] for emotion in reversed(EMOTIONS)})
    np.testing.assert_allclose(again.taught.means, enrolled.speaker.taught.means, atol=1e-6)
    np.testing.assert_allclose(again.total, enrolled.speaker.total)


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("no_file", lambda c: {}),
        ("no_file", lambda c: {"happy": []}),
        ("bad_message", lambda c: {"bored": c["happy"]}),
        ("no_voice", lambda c: {"happy": [np.zeros(2 * RATE, np.float32)]}),
        ("no_voice", lambda c: {"happy": [np.zeros(0, np.float32)]}),
        ("too_short", lambda c: {"happy": [c["happy"][0][RATE // 2 : RATE // 2 + RATE // 4]]}),
        ("too_long", lambda c: {"happy": [np.tile(c["happy"][0], 30)]}),
        ("same_clip", lambda c: {"happy": c["happy"], "sad": c["happy"][:1]}),
        ("too_many", lambda c: {"happy": [c["happy"][0][:-k] for k in range(1, 60)]}),
    ],
    ids=[
        "nothing",
        "empty",
        "unknown emotion",
        "silence",
        "no samples",
        "too short",
        "too long",
        "same clip",
        "too many",
    ],
)
def test_clips_that_teach_nothing_are_refused(recognizer, clips, code, made):
    with pytest.raises(TeachingError) as error:
        recognizer.enrol(made(clips))
    assert error.value.code == code


def test_a_refusal_names_the_clip(recognizer, clips):
    with pytest.raises(TeachingError, match="Clip 2 of sad holds no voice") as error:
        recognizer.enrol({"sad": [clips["sad"][0], np.zeros(RATE, np.float32)]})
    assert (error.value.emotion, error.value.clip) == ("sad", 1)


def test_music_teaches_nothing(recognizer):
    times = np.arange(3 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * f * times) for f in (262, 330, 392))
    with pytest.raises(TeachingError) as error:
        recognizer.enrol({"happy": [(0.1 * chord).astype(np.float32)]})
    assert error.value.code == "no_voice"


def test_a_bundle_without_a_population_cannot_be_taught(clips):
    card, weights = load_bundle(DEFAULT_BUNDLE)
    with pytest.raises(TeachingError) as error:
        Recognizer(card, Network(card, weights)).teach(clips)
    assert error.value.code == "unsupported"


def test_teaching_is_refused_only_if_it_is_wrong_more_often_and_less_sure():
    labels = [0, 1]
    good = np.array([[0.8, 0.2], [0.3, 0.7]])
    bad = np.array([[0.8, 0.2], [0.6, 0.4]])
    assert separates(labels, good, good)
    assert separates(labels, bad, good)
    assert not separates(labels, good, bad)


def test_the_windows_of_a_clip_count_by_their_weight():
    logits = np.log(np.array([[0.9, 0.1], [0.1, 0.9]]))
    np.testing.assert_allclose(clip_probabilities(logits, np.array([3.0, 1.0])), [0.7, 0.3])
