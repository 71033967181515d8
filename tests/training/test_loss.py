"""An utterance is judged as it sounds and against the speaker's others; a sound, as no voice."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from models.labels import EMOTIONS
from models.normalisation import Speaker
from training.batches import NO_VOICE, BatchSettings
from training.fit import FitSettings, loss_of

GROUPS, PAIRS, UTTERANCES, SOUNDS = 3, 2, 4, 2
SPEECH, LABELS = (GROUPS + PAIRS) * UTTERANCES, len(EMOTIONS)
SETTINGS = FitSettings(
    batches=BatchSettings(groups=GROUPS, utterances=UTTERANCES, pairs=PAIRS, sounds=SOUNDS)
)
ALONE = replace(SETTINGS, against_own=0.0, agreement=0.0, voice=0.0)
AGAINST = replace(ALONE, against_own=1.0, own_strength=0.0)

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(0, 1.5, (SPEECH + SOUNDS, LABELS + 1)).astype(np.float32)
TARGETS = np.concatenate([RNG.integers(0, 3, SPEECH), [NO_VOICE] * SOUNDS]).astype(np.int32)
"""Nobody is angry or fearful."""


def loss(logits, settings, targets=TARGETS):
    return float(loss_of(tf.constant(logits), tf.constant(targets), settings))


def leaning(strength=4.0):
    """The same logits, but every utterance of the first group leans to one."""
    logits = LOGITS.copy()
    logits[:UTTERANCES, 3] += strength
    return logits


def test_an_utterance_alone_is_judged_by_cross_entropy():
    scores = LOGITS[:SPEECH, :LABELS].astype(np.float64)
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    wanted = 0.9 * np.eye(LABELS)[TARGETS[:SPEECH]] + 0.1 / LABELS
    assert loss(LOGITS, ALONE) == pytest.approx(-(wanted * logs).sum(axis=1).mean(), rel=1e-5)


def test_a_speaker_whose_logits_all_lean_one_way_is_judged_without_the_lean():
    assert loss(leaning(), AGAINST) == pytest.approx(loss(LOGITS, AGAINST), rel=1e-5)
    assert loss(leaning(), ALONE) > loss(LOGITS, ALONE) + 0.1


def test_the_more_utterances_it_takes_to_believe_a_lean_the_more_of_it_is_left():
    lean = leaning() - LOGITS
    losses = [
        loss(lean, replace(AGAINST, own_strength=strength))
        for strength in (0.0, 1.0, 5.0, 50.0, 1e9)
    ]
    assert losses == sorted(losses)
    assert losses[0] == pytest.approx(loss(0 * lean, ALONE), rel=1e-5)
    assert losses[-1] == pytest.approx(loss(lean, ALONE), rel=1e-5)


def test_the_lean_is_the_one_that_a_speakers_bias_takes_away():
    settings = replace(AGAINST, own_strength=5.0, label_smoothing=0.0)
    scores = LOGITS[:SPEECH, :LABELS].astype(np.float64)
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    judged = []
    for k, target in enumerate(TARGETS[:SPEECH]):
        first = k // UTTERANCES * UTTERANCES
        speaker = Speaker()
        for other in range(first, first + UTTERANCES):
            if other != k:
                speaker = speaker.judged(np.exp(logs[other]))
        against = logs[k] - speaker.bias(settings.own_strength)
        judged.append(against[target] - np.log(np.exp(against).sum()))
    assert loss(LOGITS, settings) == pytest.approx(-np.mean(judged), rel=1e-4)


def test_one_groups_lean_is_no_other_groups():
    def pull(values):
        logits = tf.Variable(values)
        with tf.GradientTape() as tape:
            whole = loss_of(logits, tf.constant(TARGETS), AGAINST)
        return tape.gradient(whole, logits).numpy()

    other = LOGITS.copy()
    other[:UTTERANCES] *= 3
    assert np.abs(pull(other) - pull(LOGITS))[:UTTERANCES].max() > 1e-3
    np.testing.assert_allclose(pull(other)[UTTERANCES:], pull(LOGITS)[UTTERANCES:], atol=1e-6)


def twice(logits):
    """Return a view of `logits`: first and second hearing of the groups that are heard twice."""
    groups = logits[:SPEECH].reshape(GROUPS + PAIRS, UTTERANCES, LABELS + 1)
    return groups[:PAIRS], groups[GROUPS:]


def test_an_utterance_that_is_judged_alike_twice_costs_nothing():
    agreeing = replace(ALONE, agreement=1.0)
    alike = LOGITS.copy()
    first, second = twice(alike)
    second[:] = first
    assert loss(alike, agreeing) == pytest.approx(loss(alike, ALONE), abs=1e-5)
    # All logits of an utterance may move together: what is said of it stays the same.
    second[..., :LABELS] += 3
    assert loss(alike, agreeing) == pytest.approx(loss(alike, ALONE), abs=1e-5)


def test_an_utterance_that_is_judged_otherwise_the_second_time_costs_the_divergence():
    apart = np.zeros_like(LOGITS)
    first, second = twice(apart)
    # Five alike, then one of them twice as probable as each of the others.
    second[..., 0] = np.log(2)
    costs = [loss(apart, replace(ALONE, agreement=weight)) for weight in (0.0, 0.5, 1.0)]
    expected = np.log(6) - np.log(5) - np.log(2) / 5
    assert costs[2] - costs[0] == pytest.approx(expected, rel=1e-4)
    assert costs[1] - costs[0] == pytest.approx(0.5 * expected, rel=1e-4)
    # Other utterances of the speaker may be told apart as they are.
    second[:] = first
    first[:, 1], second[:, 1] = first[:, 1, ::-1], second[:, 1, ::-1]
    assert loss(apart, replace(ALONE, agreement=1.0)) == pytest.approx(loss(apart, ALONE), abs=1e-5)


def test_only_the_second_judgement_gives_way():
    logits = tf.Variable(LOGITS)
    with tf.GradientTape() as tape:
        whole = loss_of(logits, tf.constant(TARGETS), replace(ALONE, agreement=1.0))
        alone = loss_of(logits, tf.constant(TARGETS), ALONE)
        agreement = whole - alone
    first, second = twice(tape.gradient(agreement, logits).numpy())
    assert np.abs(first).max() < 1e-6
    assert np.abs(second).max() > 1e-3


def test_a_sound_without_speech_changes_the_voices_loss_only():
    other = LOGITS.copy()
    other[SPEECH:] += 5
    assert loss(other, ALONE) == loss(LOGITS, ALONE)
    assert loss(other, AGAINST) == loss(LOGITS, AGAINST)
    assert loss(other, SETTINGS) > loss(LOGITS, SETTINGS)
    other[SPEECH:, LABELS] = LOGITS[SPEECH:, LABELS]
    assert loss(other, SETTINGS) == loss(LOGITS, SETTINGS)


def test_a_voice_taken_for_one_and_a_sound_for_none_cost_less():
    right, wrong = LOGITS.copy(), LOGITS.copy()
    right[:SPEECH, LABELS], right[SPEECH:, LABELS] = 4, -4
    wrong[:SPEECH, LABELS], wrong[SPEECH:, LABELS] = -4, 4
    assert loss(right, SETTINGS) < loss(LOGITS, SETTINGS) < loss(wrong, SETTINGS)
    # The voice's own logit takes no part in the emotions.
    assert loss(right, ALONE) == loss(wrong, ALONE)


def test_the_voices_part_counts_as_much_as_it_is_set_to():
    parts = [loss(LOGITS, replace(ALONE, voice=weight)) for weight in (0.0, 0.3, 0.6)]
    assert parts[2] - parts[1] == pytest.approx(parts[1] - parts[0], rel=1e-4)
    assert parts[0] < parts[1]


def test_a_batch_without_sounds_is_judged_as_well():
    bare = loss(LOGITS[:SPEECH], replace(AGAINST, voice=0.0), TARGETS[:SPEECH])
    assert bare == pytest.approx(loss(LOGITS, AGAINST), rel=1e-6)
