"""A stream that is behind leaves out windows, or sound; what it does judge stays right."""

import itertools

import numpy as np
import pytest
import soundfile

from models import Recognizer

RECOGNIZER = Recognizer.load()
RATE = 16000


@pytest.fixture(scope="module")
def voice(root):
    """Ten seconds of (synthetic) speech."""
    path = root / "samples" / "synthetic" / "angry-woman-home.flac"
    samples, rate = soundfile.read(path, dtype="float32")
    times = np.arange(0, len(samples), rate / RATE)
    return np.resize(np.interp(times, np.arange(len(samples)), samples), 10 * RATE).astype("f4")


def chunks(samples, size=1920):
    return [samples[at : at + size] for at in range(0, len(samples), size)]


def heard(judge=lambda second: None, lose=lambda second: False, *, samples):
    """Return the windows of a stream, and the stream; both functions are asked by the time."""
    stream, windows = RECOGNIZER.stream(), []
    for chunk in chunks(samples):
        second = stream.duration_s
        if lose(second):
            stream.lose(len(chunk) / RATE)
        else:
            windows += stream.push(chunk, at_most=judge(second))
    return windows, stream


def test_windows_that_are_skipped_leave_their_numbers_and_the_rest_their_times(voice):
    every, _ = heard(samples=voice)
    some, stream = heard(lambda second: 0 if 3 <= second < 5 else None, samples=voice)
    assert stream.skipped == len(every) - len(some) == 8
    times = {window.seq: (window.start_s, window.end_s) for window in every}
    assert all(times[window.seq] == (window.start_s, window.end_s) for window in some)
    assert [w for w in some if w.end_s < 3] == [w for w in every if w.end_s < 3]


def test_of_a_long_piece_the_newest_windows_are_judged(voice):
    stream = RECOGNIZER.stream()
    every = RECOGNIZER.stream().push(voice)
    newest = stream.push(voice, at_most=2)
    assert [(w.seq, w.end_s) for w in newest] == [(w.seq, w.end_s) for w in every[-2:]]
    assert stream.skipped == len(every) - 2
    (only,) = RECOGNIZER.stream().push(voice, at_most=1)
    assert (only.seq, only.end_s) == (every[-1].seq, every[-1].end_s)
    assert only.end_s - only.start_s == pytest.approx(3)


def test_what_was_skipped_is_heard_all_the_same(voice):
    """The next window is judged from all its three seconds, and the voice's mean is the same."""
    every, all_of = heard(samples=voice)
    some, some_of = heard(lambda second: None if second > 9 else 0, samples=voice)
    assert np.array_equal(some_of.speaker.total, all_of.speaker.total, equal_nan=True)
    # The belief before differs, so the probabilities may; what is heard in the window does not.
    assert [(w.seq, w.state == "silence") for w in some] == [
        (w.seq, w.state == "silence") for w in every[-len(some) :]
    ]
    assert some_of.finish().duration_s == all_of.finish().duration_s == 10


def test_the_whole_judgement_counts_a_window_for_those_that_were_skipped_before_it(voice):
    _, every = heard(samples=voice)
    whole = every.finish()
    for share in (2, 4):
        turn = iter(range(1000))
        thinned = RECOGNIZER.stream()
        for chunk in chunks(voice, RATE // 4):
            thinned.push(chunk, at_most=0 if next(turn) % share else 1)
        judged = thinned.finish()
        assert judged.emotion == whole.emotion
        assert judged.probabilities == pytest.approx(whole.probabilities, abs=0.05)


def test_sound_that_is_lost_keeps_its_time(voice):
    some, stream = heard(lose=lambda second: 4 <= second < 5.6, samples=voice)
    judgement = stream.finish()
    assert judgement.duration_s == pytest.approx(10, abs=0.001)
    assert judgement.windows[-1].end_s == pytest.approx(10, abs=0.001)
    ends = [window.end_s for window in some]
    hole = int(np.argmax(np.diff(ends)))
    assert ends[hole] <= 4
    assert ends[hole + 1] - ends[hole] == pytest.approx(0.25 + 1.56, abs=0.001)
    assert stream.skipped == 6
    assert [w.seq for w in some] == [n for n in range(len(some) + 6) if not hole < n <= hole + 6]
    # A window reaches back over the hole to three seconds of sound; soon none does.
    first = some[hole + 1]
    assert first.end_s - first.start_s == pytest.approx(4.56, abs=0.01)
    assert some[-1].end_s - some[-1].start_s == pytest.approx(3)
    assert some[hole + 1].state != "silence"


def test_sound_that_is_lost_at_the_beginning_or_in_a_new_part_is_time_too(voice):
    stream = RECOGNIZER.stream()
    stream.lose(2.0)
    (first, *_) = stream.push(voice[:RATE])
    assert (first.start_s, first.end_s) == (2.0, 2.25)
    stream.cut()
    stream.lose(1.0)
    after = stream.push(voice[:RATE])
    assert after[0].start_s == pytest.approx(4.0)
    assert stream.duration_s == pytest.approx(5.0)


def test_losing_sound_again_and_again_holds_nothing(voice):
    turn = iter(range(1000))
    windows, stream = heard(lose=lambda second: next(turn) % 3 > 0, samples=np.tile(voice, 3))
    assert len(stream._gaps) <= 12
    assert stream.finish().duration_s == pytest.approx(30)
    assert all(b.end_s > a.end_s for a, b in itertools.pairwise(windows))
    assert all(0 <= w.start_s < w.end_s for w in windows)
    # The alignment of the grid may swallow one window, which stands for three with these losses.
    assert windows[-1].seq == pytest.approx(4 * 30, abs=5)
