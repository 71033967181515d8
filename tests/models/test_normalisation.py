"""A speaker's mean starts as everyone's and becomes the speaker's own, without a jump."""

import json

import numpy as np

from models.normalisation import Normalisation, Speaker

PRIOR = Normalisation(
    np.array([1.0, -2.0], np.float32),
    np.array([2.0, 4.0], np.float32),
    np.array([100.0, 10.0], np.float32),
)
RNG = np.random.default_rng(0)


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
