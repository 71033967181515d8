"""A speaker's mean starts as everyone's and becomes the speaker's own, without a jump."""

import base64
import json
import string
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features import FeatureSettings
from models.normalisation import LEVEL_COLUMN, Normalisation
from models.speaker import ENOUGH_FRAMES, MOST_TEXT_FRAMES, Speaker, SpeakerError

FEATURES = FeatureSettings(n_mfcc=2)  # columns: two MFCCs, pitch, voicing
PRIOR = Normalisation(
    np.array([1.0, -2.0, 1.0, 0.5], np.float32),
    np.array([2.0, 4.0, 0.5, 0.25], np.float32),
    np.array([100.0, 10.0, 50.0, 100.0], np.float32),
)
OWN = (5.0, 7.0, 0.25, 0.75)
RNG = np.random.default_rng(0)


def frames_of(count, *, at=OWN, spread=1.0, unvoiced=0.0):
    """Return frames about `at`; a share of them, from the beginning, has no pitch."""
    frames = RNG.normal(at, spread, (count, 4)).astype(np.float32)
    frames[: round(count * unvoiced), FEATURES.pitch_column] = np.nan
    return frames


def test_an_unheard_speaker_has_the_prior_mean():
    np.testing.assert_allclose(Speaker().mean(PRIOR), PRIOR.mean)


def test_a_speaker_heard_for_long_has_its_own_mean():
    frames = frames_of(20000)
    np.testing.assert_allclose(Speaker().hear(frames).mean(PRIOR), frames.mean(axis=0), atol=0.05)


def test_as_many_frames_as_the_strength_move_the_mean_half_way():
    frames = np.full((100, 4), 3.0, np.float32)
    assert Speaker().hear(frames).mean(PRIOR)[3] == (0.5 + 3.0) / 2


def test_the_prior_has_no_weight_in_the_level_of_a_speaker():
    frames = np.full((1, 4), 3.0, np.float32)
    assert Speaker().hear(frames).mean(PRIOR)[0] == 3.0


def test_the_mean_pitch_is_that_of_the_voiced_frames_alone():
    frames = np.array([[3, 3, np.nan, 0.1], [3, 3, 2.0, 0.9], [3, 3, np.nan, 0.2]], np.float32)
    speaker = Speaker().hear(np.tile(frames, (50, 1)))
    assert speaker.counts.tolist() == [150, 150, 50, 150]
    assert speaker.count == 150
    mean = speaker.mean(PRIOR)
    assert mean[2] == (1.0 + 2.0) / 2  # as many voiced frames as the strength
    assert mean[3] == pytest.approx((100 * 0.5 + 150 * 0.4) / 250)


def test_a_speaker_who_only_whispers_has_the_prior_mean_pitch():
    speaker = Speaker().hear(frames_of(500, unvoiced=1.0))
    assert speaker.mean(PRIOR)[2] == PRIOR.mean[2]
    np.testing.assert_allclose(speaker.mean(PRIOR)[1], 7.0, atol=0.3)


def test_a_frame_without_a_pitch_is_as_the_mean():
    frames = frames_of(100, unvoiced=0.5)
    normalised = PRIOR.relative(frames, Speaker().mean(PRIOR))
    assert normalised.dtype == np.float32
    np.testing.assert_array_equal(normalised[:50, 2], 0)
    assert (normalised[50:, 2] != 0).all()
    np.testing.assert_allclose(normalised[:, 0], (frames[:, 0] - 1) / 2, rtol=1e-6)


def test_normalising_changes_neither_the_frames_nor_the_speaker():
    frames, speaker = frames_of(20, unvoiced=0.5), Speaker()
    before = frames.copy()
    PRIOR.relative(frames, speaker.hear(frames).mean(PRIOR))
    np.testing.assert_array_equal(frames, before)
    assert speaker.count == 0


def test_warming_has_no_jumps():
    frames = frames_of(3000, at=(30.0, -40.0, 0.5, 0.5), spread=3.0)
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
    frames = frames_of(300, unvoiced=0.3)
    pieces = Speaker().hear(frames[:120]).hear(frames[120:])
    np.testing.assert_allclose(
        pieces.mean(PRIOR), Speaker().hear(frames).mean(PRIOR), rtol=1e-6, atol=1e-6
    )


def test_the_normalisation_survives_a_round_trip_through_json():
    again = Normalisation.from_json(json.loads(json.dumps(PRIOR.to_json())))
    for name in ("mean", "scale", "strength"):
        np.testing.assert_array_equal(getattr(again, name), getattr(PRIOR, name))


def voice(frames, *, unvoiced=0.25):
    return Speaker().hear(frames_of(frames, unvoiced=unvoiced))


def again(speaker):
    return Speaker.from_text(speaker.to_text(FEATURES), FEATURES)


@given(
    st.integers(1, MOST_TEXT_FRAMES),
    st.floats(0, 1),
    st.lists(st.floats(-300, 300), min_size=4, max_size=4),
)
def test_a_speaker_survives_a_round_trip_through_its_text(count, unvoiced, at):
    speaker = Speaker().hear(frames_of(count, at=at, unvoiced=unvoiced))
    np.testing.assert_array_equal(again(speaker).counts, speaker.counts)
    np.testing.assert_allclose(
        again(speaker).mean(PRIOR), speaker.mean(PRIOR), rtol=1e-6, atol=1e-5
    )
    assert again(speaker).to_text(FEATURES) == speaker.to_text(FEATURES)


@pytest.mark.parametrize("unvoiced", [0.0, 0.25, 0.5])
def test_a_long_speakers_text_keeps_the_share_of_voiced_frames(unvoiced):
    kept = again(voice(40_000, unvoiced=unvoiced))
    assert kept.count == MOST_TEXT_FRAMES
    assert kept.counts[FEATURES.pitch_column] == (1 - unvoiced) * MOST_TEXT_FRAMES
    np.testing.assert_allclose(kept.mean(PRIOR), OWN, atol=0.3)


def test_a_text_counts_for_half_a_minute_at_most_so_that_a_new_voice_can_move_the_mean():
    heard_for_hours = voice(10**6)
    pinned = again(heard_for_hours)
    assert pinned.count == MOST_TEXT_FRAMES
    np.testing.assert_allclose(pinned.total / pinned.counts, OWN, atol=0.1)
    other = np.full((MOST_TEXT_FRAMES, 4), -9.0, np.float32)
    np.testing.assert_allclose(pinned.hear(other).mean(PRIOR)[:2], [-2.0, -1.0], atol=0.2)


def test_a_calibrated_session_begins_where_the_calibration_ended_and_goes_on_warming():
    calibration = voice(900)
    begun = again(calibration)
    np.testing.assert_allclose(begun.mean(PRIOR), calibration.mean(PRIOR), rtol=1e-6)
    block = frames_of(25, at=(4.0, 8.0, 0.5, 0.5))
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
    [
        FeatureSettings(n_mfcc=3),
        FeatureSettings(n_mfcc=2, fmin=80.0),
        FeatureSettings(n_mfcc=2, power_floor=1e-5),
    ],
    ids=["more coefficients", "another filterbank", "another floor"],
)
def test_a_speaker_of_other_features_is_refused(other):
    with pytest.raises(SpeakerError, match="another model"):
        Speaker.from_text(voice(900).to_text(FEATURES), other)


def changed(*, version=4, flags=1, count=900, voiced=500, mean=(1.0, 2.0, 0.5, 0.5), tail=b""):
    """Return a speaker's text in which something is not as it was written."""
    raw = base64.urlsafe_b64decode(voice(900).to_text(FEATURES) + "==")
    raw = struct.pack("<B", version) + raw[1:7] + struct.pack("<BHH", flags, count, voiced)
    raw += struct.pack(f"<{len(mean)}f", *mean) + tail
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def test_a_text_from_before_there_was_a_pitch_is_of_another_model():
    old = struct.pack("<B6sH40f", 1, bytes(6), 900, *[1.0] * 40)
    text = base64.urlsafe_b64encode(old).decode().rstrip("=")
    with pytest.raises(SpeakerError, match="for another model"):
        Speaker.from_text(text, FeatureSettings())


@pytest.mark.parametrize(
    "forged",
    [
        {"count": 0},
        {"count": MOST_TEXT_FRAMES + 1},
        {"voiced": 901},
        {"voiced": 0},
        {"mean": (float("nan"), 0.0, 0.0, 0.0)},
        {"mean": (0.0, 0.0, float("nan"), 0.0)},
        {"mean": (float("inf"), 0.0, 0.0, 0.0)},
        {"mean": (0.0, -3e38, 0.0, 0.0)},
        {"mean": (0.0, 0.0, 0.0)},
        {"version": 1},
        {"version": 3},
        {"flags": 4},
        {"flags": 2},
        {"flags": 2, "tail": bytes(11)},
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
    | st.binary(min_size=28, max_size=28).map(lambda b: base64.urlsafe_b64encode(b).decode())
    | st.tuples(st.integers(0, 37), st.characters()).map(
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


def test_what_was_joined_can_be_left_out_again():
    first = Speaker().hear(frames_of(30, unvoiced=0.5))
    second = Speaker().hear(frames_of(20, unvoiced=0.2))
    again = first.joined(second).without(second)
    np.testing.assert_allclose(again.total, first.total)
    np.testing.assert_array_equal(again.counts, first.counts)


@given(st.lists(st.tuples(st.integers(0, 60), st.floats(0, 1)), min_size=1, max_size=6))
def test_all_but_one_part_is_the_other_parts_frame_by_frame(parts):
    heard = [voice(count, unvoiced=unvoiced) for count, unvoiced in parts]
    everything = Speaker()
    for part in heard:
        everything = everything.joined(part)
    others = Speaker()
    for part in heard[1:]:
        others = others.joined(part)
    rest = everything.without(heard[0])
    np.testing.assert_array_equal(rest.counts, np.broadcast_to(others.counts, 4))
    np.testing.assert_allclose(rest.mean(PRIOR), others.mean(PRIOR), atol=1e-6)
    if rest.count:
        np.testing.assert_array_equal(again(rest).counts, rest.counts)


def estimated(total, counts, neutral=False, strength=100.0):
    columns = 4
    prior = Normalisation(
        np.zeros(columns, np.float32),
        np.full(columns, 2.0, np.float32),
        np.full(columns, strength, np.float32),
    )
    speaker = Speaker(np.full(columns, float(total)), np.full(columns, counts), neutral)
    return speaker.estimate(prior)


def test_nothing_is_known_of_a_stranger():
    _, known = Speaker().estimate(
        Normalisation(np.ones(4, np.float32), np.ones(4, np.float32), np.ones(4, np.float32))
    )
    assert not known.any()


def test_the_departure_from_the_prior_fades_with_the_amount_of_speech():
    departures = [estimated(8.0 * n, n)[1][1] for n in (200, 2000, 20000)]
    assert departures[0] > departures[1] > departures[2] > 0


def test_the_network_is_told_how_much_is_known_and_whether_it_was_neutral():
    assert estimated(0, 100)[1][-2] == pytest.approx(np.log(2), abs=1e-5)
    assert [estimated(0, 100, neutral)[1][-1] for neutral in (False, True)] == [0.0, 1.0]


def test_the_level_of_a_recording_tells_the_network_nothing():
    mean, known = estimated(5000.0, 100)
    assert known[LEVEL_COLUMN] == 0.0
    assert mean[LEVEL_COLUMN] == pytest.approx(50.0)


def test_a_calibration_read_from_its_text_is_neutral():
    settings = FeatureSettings()
    known = Speaker().hear(np.ones((900, settings.columns)))
    for neutral in (True, False):
        text = replace(known, neutral=neutral).to_text(settings)
        assert Speaker.from_text(text, settings).neutral == neutral
