"""A speaker's mean starts as everyone's and becomes the speaker's own, without a jump."""

import base64
import json
import string
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features import FeatureSettings
from models.normalisation import (
    ENOUGH_FRAMES,
    MOST_TEXT_FRAMES,
    Normalisation,
    Speaker,
    SpeakerError,
)

PRIOR = Normalisation(
    np.array([1.0, -2.0], np.float32),
    np.array([2.0, 4.0], np.float32),
    np.array([100.0, 10.0], np.float32),
)
RNG = np.random.default_rng(0)
FEATURES = FeatureSettings(n_mfcc=2)


def test_an_unheard_speaker_has_the_prior_mean():
    np.testing.assert_allclose(Speaker().mean(PRIOR), PRIOR.mean)


def test_a_speaker_heard_for_long_has_its_own_mean():
    frames = RNG.normal([5.0, 7.0], 1.0, (20000, 2)).astype(np.float32)
    np.testing.assert_allclose(Speaker().hear(frames).mean(PRIOR), frames.mean(axis=0), atol=0.05)


def test_as_many_frames_as_the_strength_move_the_mean_half_way():
    frames = np.full((100, 2), 3.0, np.float32)
    assert Speaker().hear(frames).mean(PRIOR)[0] == (1.0 + 3.0) / 2


def test_warming_has_no_jumps():
    frames = RNG.normal([30.0, -40.0], 3.0, (3000, 2)).astype(np.float32)
    speaker, means = Speaker(), []
    for start in range(0, 3000, 25):
        speaker = speaker.hear(frames[start : start + 25])
        means.append(speaker.mean(PRIOR))
    steps = np.abs(np.diff(means, axis=0))
    # Each block of 25 frames moves the mean by no more than its share of all that was heard.
    heard = 25 * np.arange(1, len(means) + 1)
    for order, strength in enumerate(PRIOR.strength):
        limit = 60 * 25 / (strength + heard[1:])
        assert (steps[:, order] <= limit).all()


def test_hearing_in_pieces_is_hearing_at_once():
    frames = RNG.normal(0, 1, (300, 2)).astype(np.float32)
    pieces = Speaker().hear(frames[:120]).hear(frames[120:])
    np.testing.assert_allclose(
        pieces.mean(PRIOR), Speaker().hear(frames).mean(PRIOR), rtol=1e-6, atol=1e-6
    )


def test_the_normalisation_survives_a_round_trip_through_json():
    again = Normalisation.from_json(json.loads(json.dumps(PRIOR.to_json())))
    for name in ("mean", "scale", "strength"):
        np.testing.assert_array_equal(getattr(again, name), getattr(PRIOR, name))


def voice(frames, *, at=(5.0, 7.0)):
    return Speaker().hear(RNG.normal(at, 1.0, (frames, 2)).astype(np.float32))


def again(speaker):
    return Speaker.from_text(speaker.to_text(FEATURES), FEATURES)


@pytest.mark.parametrize("frames", [1, 700, MOST_TEXT_FRAMES])
def test_a_speaker_survives_a_round_trip_through_its_text(frames):
    speaker = voice(frames)
    assert again(speaker).count == frames
    np.testing.assert_allclose(again(speaker).mean(PRIOR), speaker.mean(PRIOR), rtol=1e-6)
    assert again(speaker).to_text(FEATURES) == speaker.to_text(FEATURES)


def test_a_text_counts_for_half_a_minute_at_most_so_that_a_new_voice_can_move_the_mean():
    heard_for_hours = voice(10**6)
    pinned = again(heard_for_hours)
    assert pinned.count == MOST_TEXT_FRAMES
    np.testing.assert_allclose(pinned.total / pinned.count, [5.0, 7.0], atol=0.1)
    other = np.full((MOST_TEXT_FRAMES, 2), -9.0, np.float32)
    np.testing.assert_allclose(pinned.hear(other).mean(PRIOR), [-2.0, -1.0], atol=0.2)


def test_a_calibrated_session_begins_where_the_calibration_ended_and_goes_on_warming():
    calibration = voice(900)
    begun = again(calibration)
    np.testing.assert_allclose(begun.mean(PRIOR), calibration.mean(PRIOR), rtol=1e-6)
    block = RNG.normal((4.0, 8.0), 1.0, (25, 2)).astype(np.float32)
    step = begun.hear(block).mean(PRIOR) - begun.mean(PRIOR)
    assert 0 < np.abs(step).max() < 0.1


def test_ten_seconds_of_talking_suffice_and_one_word_does_not():
    assert voice(ENOUGH_FRAMES).suffices
    assert not voice(100).suffices


def test_who_has_not_been_heard_has_no_text():
    with pytest.raises(ValueError, match="Nothing has been heard"):
        Speaker().to_text(FEATURES)


@pytest.mark.parametrize(
    "other",
    [FeatureSettings(n_mfcc=3), FeatureSettings(n_mfcc=2, fmin=80.0)],
    ids=["more coefficients", "another filterbank"],
)
def test_a_speaker_of_other_features_is_refused(other):
    with pytest.raises(SpeakerError, match="another model"):
        Speaker.from_text(voice(900).to_text(FEATURES), other)


def changed(*, version=1, count=900, mean=(1.0, 2.0), tail=b""):
    """Return a speaker's text in which something is not as it was written."""
    raw = base64.urlsafe_b64decode(voice(900).to_text(FEATURES) + "==="[: -22 % 4])
    raw = struct.pack("<B", version) + raw[1:7] + struct.pack("<H2f", count, *mean) + tail
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    "forged",
    [
        {"count": 0},
        {"count": MOST_TEXT_FRAMES + 1},
        {"mean": (float("nan"), 0.0)},
        {"mean": (float("inf"), 0.0)},
        {"mean": (0.0, -3e38)},
        {"version": 2},
        {"tail": b"\0"},
        {"tail": bytes(500)},
    ],
    ids=str,
)
def test_forged_numbers_are_refused(forged):
    assert Speaker.from_text(changed(), FEATURES).count == 900
    with pytest.raises(SpeakerError):
        Speaker.from_text(changed(**forged), FEATURES)


@given(
    st.text()
    | st.text(alphabet=string.ascii_letters + string.digits + "-_=")
    | st.binary(min_size=17, max_size=17).map(lambda b: base64.urlsafe_b64encode(b).decode())
    | st.tuples(st.integers(0, 22), st.characters()).map(
        lambda at: changed()[: at[0]] + at[1] + changed()[at[0] + 1 :]
    )
)
def test_whatever_text_comes_is_a_harmless_speaker_or_refused(text):
    try:
        speaker = Speaker.from_text(text, FEATURES)
    except SpeakerError:
        return
    assert 1 <= speaker.count <= MOST_TEXT_FRAMES
    assert np.isfinite(speaker.mean(PRIOR)).all()
    assert speaker.to_text(FEATURES) == text


def test_a_voice_that_always_sounds_angry_is_taken_to_have_an_angry_voice():
    speaker = Speaker()
    for _ in range(5):
        speaker = speaker.judged([0.1, 0.1, 0.1, 0.6, 0.1])
    bias = speaker.bias(5.0)
    assert bias.argmax() == 3
    once = np.log([0.1, 0.1, 0.1, 0.6, 0.1])
    np.testing.assert_allclose(bias, (once - once.mean()) / 2)  # half believed after as many


def test_an_unjudged_voice_has_no_bias():
    assert not Speaker().bias(5.0).any()


def test_what_was_joined_can_be_left_out_again():
    first = Speaker().hear(RNG.normal(0, 1, (30, 2))).judged([0.5, 0.5])
    second = Speaker().hear(RNG.normal(0, 1, (20, 2))).judged([0.9, 0.1])
    again = first.joined(second).without(second)
    np.testing.assert_allclose(again.total, first.total)
    np.testing.assert_allclose(again.leaning, first.leaning)
    assert (again.count, again.utterances) == (first.count, first.utterances)


def test_a_portable_speaker_leaves_out_what_it_sounded_like():
    speaker = Speaker().hear(np.ones((30, 2))).judged([0.9, 0.1])
    assert speaker.portable().utterances == 0
    assert not speaker.portable().bias(5.0).any()
