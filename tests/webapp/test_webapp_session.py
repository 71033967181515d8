from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import Recognizer, Speaker
from models.teaching import Taught
from tests.servers import pieces
from webapp.audio import decode_file, open_stream
from webapp.audio.webm import WebmDemuxer
from webapp.protocol import ProtocolError, Start
from webapp.session import LiveSession, State
from webapp.settings import Settings


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer.load()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def session(recognizer, clock):
    return LiveSession(recognizer, Settings(), clock=clock)


def of(messages, event):
    return [data for name, data in messages if name == event]


def code(messages):
    (problem,) = of(messages, "problem")
    return problem["code"]


def replay(session, recorded, chunks=None, **start):
    session.start(Start(recorded.mime_type, **start))
    return [message for chunk in chunks or recorded.chunks for message in session.audio(chunk)]


def test_a_recording_gives_a_prediction_each_quarter_second_from_the_first(session, speech):
    predictions = of(replay(session, speech), "prediction")
    assert [p["seq"] for p in predictions] == list(range(len(predictions)))
    ends = [p["end_s"] for p in predictions]
    assert ends[0] == 0.25
    assert np.diff(ends).max() <= 0.25 + 1e-6
    assert {p["state"] for p in predictions} - {"silence"}


def test_the_summary_holds_exactly_the_predictions_that_were_sent(session, speech):
    messages = replay(session, speech)
    last, summary = session.stop()
    sent = [
        {key: value for key, value in data.items() if key != "seq"}
        for data in of(messages + last, "prediction")
    ]
    assert list(summary["timeline"]) == sent
    assert summary["duration_s"] == pytest.approx(sent[-1]["end_s"], abs=0.03)
    assert "file" not in summary
    assert session.state is State.STOPPED


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32))
def test_predictions_do_not_depend_on_how_the_bytes_were_cut(recognizer, speech, seed):
    rng = random.Random(seed)
    data, chunks = speech.data, []
    while data:
        size = rng.choice((1, 7, 100, 3000, 20000))
        chunks.append(data[:size])
        data = data[size:]
    whole, cut = (LiveSession(recognizer, Settings(), clock=Clock()) for _ in range(2))
    expected = of(replay(whole, speech, [speech.data]), "prediction")
    assert of(replay(cut, speech, chunks), "prediction") == expected


@pytest.mark.parametrize("step_s", [0.25, 0.5, 1.0])
def test_a_chunk_that_completes_a_window_gives_it_at_once(recognizer, speech, step_s):
    session = LiveSession(recognizer, Settings(prediction_step_s=step_s), clock=Clock())
    session.start(Start(speech.mime_type))
    decoder, stream = open_stream(speech.mime_type), recognizer.stream(step_s=step_s)
    for chunk in speech.chunks:
        expected = [round(w.end_s, 2) for w in stream.push(decoder.push(chunk))]
        said = of(session.audio(chunk), "prediction")
        assert [round(data["end_s"], 2) for data in said] == expected


def test_no_window_spans_a_pause_and_late_audio_belongs_before_it(session, speech):
    half = len(speech.chunks) // 2
    messages = replay(session, speech, speech.chunks[:half])
    session.pause()
    messages += session.audio(speech.chunks[half])  # recorded before the pause, delivered after it
    messages += session.resume()
    boundary = of(messages, "prediction")[-1]["end_s"]
    for chunk in speech.chunks[half + 1 :]:
        messages += session.audio(chunk)
    last, summary = session.stop()
    windows = of(messages + last, "prediction")
    assert all(w["end_s"] <= boundary + 1e-6 or w["start_s"] >= boundary - 1e-6 for w in windows)
    assert any(w["start_s"] >= boundary - 1e-6 for w in windows)
    assert [w["seq"] for w in windows] == list(range(len(windows)))
    assert len(summary["timeline"]) == len(windows)


@pytest.mark.parametrize(
    "events",
    [
        ["audio"],
        ["pause"],
        ["resume"],
        ["stop"],
        ["start", "start"],
        ["start", "resume"],
        ["start", "pause", "pause"],
        ["start", "stop", "stop"],
        ["start", "stop", "audio"],
        ["start", "stop", "pause"],
        ["start", "pause", "start"],
    ],
)
def test_events_in_the_wrong_order_are_refused_and_change_nothing(session, speech, events):
    actions = {
        "start": lambda: session.start(Start(speech.mime_type)),
        "audio": lambda: session.audio(speech.chunks[0]),
        "pause": session.pause,
        "resume": session.resume,
        "stop": session.stop,
    }
    for event in events[:-1]:
        actions[event]()
    before = session.state
    with pytest.raises(ProtocolError) as caught:
        actions[events[-1]]()
    assert caught.value.code == "out_of_order"
    assert session.state is before


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    events=st.lists(
        st.sampled_from(
            ["start", "bad start", "audio", "rubbish", "pause", "resume", "stop", "wait"]
        )
    )
)
def test_no_order_of_events_raises_anything_but_a_named_problem(recognizer, speech, events):
    clock = Clock()
    session = LiveSession(recognizer, Settings(), clock=clock)
    refused = set()
    for event in events:
        try:
            if event == "start":
                session.start(Start(speech.mime_type))
            elif event == "bad start":
                session.start(Start("text/plain"))
            elif event == "audio":
                session.audio(speech.chunks[0])
            elif event == "rubbish":
                session.audio(b"\xff" * 500)
            elif event == "wait":
                clock.now += 61
                session.expire()
            else:
                getattr(session, event)()
        except ProtocolError as error:
            refused.add(error.code)
        assert session.active == (session.state in (State.RECORDING, State.PAUSED))
    assert refused <= {"out_of_order", "unsupported_media"}


def test_a_stream_without_its_header_is_undecodable_and_the_next_start_works(session, speech):
    session.start(Start(speech.mime_type))
    messages = [message for chunk in speech.chunks[1:] for message in session.audio(chunk)]
    assert code(messages) == "undecodable"  # told once, though chunks went on coming
    assert not session.active
    assert len(of(replay(session, speech), "prediction")) > 10


def test_what_was_heard_before_a_problem_is_the_answer_to_one_stop(session, speech):
    session.start(Start(speech.mime_type))
    heard = session.audio(speech.data)
    heard += session.end(ProtocolError("undecodable", "So."))
    messages, summary = session.stop()
    assert messages == []
    assert len(summary["timeline"]) == len(of(heard, "prediction")) > 10
    with pytest.raises(ProtocolError):
        session.stop()


def test_a_recording_that_is_stopped_at_once_has_an_empty_summary(session, speech):
    session.start(Start(speech.mime_type))
    messages, summary = session.stop()
    assert messages == []
    assert (summary["duration_s"], summary["emotion"], len(summary["timeline"])) == (0, None, 0)
    assert sum(summary["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_an_unknown_type_is_refused_at_the_start(session):
    with pytest.raises(ProtocolError) as caught:
        session.start(Start("video/quicktime"))
    assert caught.value.code == "unsupported_media"
    assert session.state is State.NEW


def test_audio_faster_than_life_is_refused_beyond_the_burst(recognizer, clock, make_wav):
    session = LiveSession(recognizer, Settings(live_burst_s=5), clock=clock)
    session.start(Start("audio/wav"))
    data = make_wav(np.zeros(16000 * 20))
    messages = []
    for piece in pieces(data, 16000):  # half a second each
        clock.now += 0.125
        messages += session.audio(piece)
    assert code(messages) == "too_fast"
    assert of(messages, "problem")[0]["retry_after_s"] > 0
    # n pieces cost 0.5 n seconds of 5 + 1.5 * 0.125 n: sixteen of them.
    assert session.stop()[1]["duration_s"] == pytest.approx(8, abs=0.1)
    session = LiveSession(recognizer, Settings(live_burst_s=5), clock=clock)
    session.start(Start("audio/wav"))
    for piece in pieces(data, 16000):
        clock.now += 0.5
        assert not of(session.audio(piece), "problem")


def test_a_bomb_of_tiny_packets_is_refused_before_it_is_decoded(session):
    session.start(Start("audio/ogg;codecs=opus"))
    messages = session.audio(opus_bomb(seconds=960))
    assert code(messages) == "too_fast"
    assert session.stop()[1]["duration_s"] == 0


def test_a_recording_that_lasts_too_long_is_ended_with_its_summary_kept(
    recognizer, clock, make_wav
):
    session = LiveSession(recognizer, Settings(max_session_s=3), clock=clock)
    session.start(Start("audio/wav"))
    messages = []
    for piece in pieces(make_wav(np.zeros(16000 * 5)), 8000):  # a quarter of a second each
        clock.now += 0.25
        messages += session.audio(piece)
    assert code(messages) == "too_long"
    assert 2.5 < session.stop()[1]["duration_s"] <= 3


def test_silence_of_the_client_ends_a_recording_but_not_a_pause(session, speech, clock):
    session.start(Start(speech.mime_type))
    clock.now += 59
    assert session.expire() == []
    session.audio(speech.chunks[0])
    clock.now += 59
    assert session.expire() == []
    session.pause()
    clock.now += 600
    assert session.expire() == []
    session.resume()
    clock.now += 61
    assert code(session.expire()) == "idle"
    assert session.expire() == []


def test_frames_come_beside_predictions_only_if_wanted_and_cover_the_audio(session, speech):
    assert not of(replay(session, speech), "frames")
    session.stop()
    messages = replay(session, speech, mfcc=True)
    frames = of(messages, "frames")
    assert [f["seq"] for f in frames] == list(range(len(frames)))
    at = 0
    for f in frames:
        assert f["coefficients"] == 40
        assert len(f["data"]) == f["frames"] * f["coefficients"]
        # The grid moves by a part of a frame when it aligns with the speech.
        assert f["start_s"] == pytest.approx(at / 100, abs=0.01)
        at += f["frames"]
    assert at / 100 == pytest.approx(of(messages, "prediction")[-1]["end_s"], abs=0.3)


def test_only_a_recording_that_calibrates_tells_of_the_voice(session, speech):
    replay(session, speech)
    assert "speaker" not in session.stop()[1]
    replay(session, speech, calibrate=True)
    summary = session.stop()[1]
    assert 1 < summary["speech_s"] < 4
    assert summary["suffices"] is False
    assert isinstance(summary["speaker"], str)


def test_a_calibration_that_a_problem_ended_is_told_all_the_same(session, speech):
    session.start(Start(speech.mime_type, calibrate=True))
    session.audio(speech.data)
    session.end(ProtocolError("idle", "So."))
    assert session.stop()[1]["speech_s"] > 1


def test_a_silent_calibration_has_no_speaker(session, make_wav):
    session.start(Start("audio/wav", calibrate=True))
    session.audio(make_wav(np.zeros(16000)))
    summary = session.stop()[1]
    assert (summary["speaker"], summary["speech_s"]) == (None, 0.0)


def test_a_known_speaker_is_judged_against_itself_from_the_first_word(recognizer, session, speech):
    cold = of(replay(session, speech, calibrate=True), "prediction")
    speaker = session.stop()[1]["speaker"]
    warm = of(replay(session, speech, speaker=speaker), "prediction")
    assert [w["probabilities"] for w in warm] != [w["probabilities"] for w in cold]
    stream = recognizer.stream(speaker=recognizer.from_text(speaker))
    windows = stream.push(np.concatenate(list(decode_file(speech.data))))
    assert [w["emotion"] for w in warm] == [w.emotion for w in windows][: len(warm)]


def test_a_speaker_that_goes_on_rests_on_both_recordings(session, speech):
    replay(session, speech, calibrate=True)
    first = session.stop()[1]
    replay(session, speech, calibrate=True, speaker=first["speaker"])
    assert session.stop()[1]["speech_s"] == pytest.approx(2 * first["speech_s"], abs=0.01)


def test_a_calibration_that_goes_on_is_of_neutral_speech_again(recognizer, session, speech):
    replay(session, speech, calibrate=True)
    first = session.stop()[1]["speaker"]
    replay(session, speech, calibrate=True, speaker=first)
    second = session.stop()[1]["speaker"]
    assert recognizer.from_text(first).neutral
    assert recognizer.from_text(second).neutral
    assert second != first


@pytest.mark.parametrize("taught", [True, False])
def test_a_profile_that_is_no_calibration_cannot_be_calibrated_further(
    recognizer, session, speech, taught
):
    columns = np.ones((900, recognizer.card.features.columns), np.float32)
    speaker = Speaker().hear(columns)
    if taught:
        clips = Taught.of([np.ones(recognizer.population.size)], [1], of=5)
        speaker = replace(speaker, neutral=True, taught=clips)
    text = recognizer.to_text(speaker)
    with pytest.raises(ProtocolError) as caught:
        session.start(Start(speech.mime_type, calibrate=True, speaker=text))
    assert caught.value.code == "bad_message"
    assert session.state is State.NEW
    assert session.start(Start(speech.mime_type, speaker=text))["ok"]


def test_a_speaker_that_is_none_is_a_bad_message_and_nothing_starts(session, speech):
    with pytest.raises(ProtocolError) as caught:
        session.start(Start(speech.mime_type, speaker="me"))
    assert caught.value.code == "bad_message"
    assert session.state is State.NEW
    assert len(of(replay(session, speech), "prediction")) > 10


def test_a_closed_session_holds_nothing(session, speech):
    replay(session, speech)
    session.close()
    assert not session.active
    with pytest.raises(ProtocolError):
        session.audio(b"x")


def opus_bomb(seconds: int) -> bytes:
    """Return an Ogg Opus stream of 120 ms packets with next to nothing in them."""
    head = (
        b"OpusHead"
        + bytes([1, 1])
        + (312).to_bytes(2, "little")
        + (48000).to_bytes(4, "little")
        + bytes(3)
    )
    tags = b"OpusTags" + bytes(8)
    packet = bytes([(3 << 3) | 3, 2]) + bytes(4)  # SILK, 60 ms, code 3: two frames of two bytes
    out = page([head], sequence=0, granule=0, flags=2) + page([tags], sequence=1, granule=0)
    count = int(seconds / 0.12)
    for number, first in enumerate(range(0, count, 200)):
        batch = min(200, count - first)
        out += page([packet] * batch, sequence=2 + number, granule=(first + batch) * 5760)
    return out


def page(packets, *, sequence, granule, flags=0):
    """Return one Ogg page (RFC 3533) of whole packets, each under 255 bytes."""
    head = b"OggS" + bytes([0, flags]) + granule.to_bytes(8, "little") + (1).to_bytes(4, "little")
    head += sequence.to_bytes(4, "little")
    tail = bytes([len(packets)]) + bytes(len(packet) for packet in packets) + b"".join(packets)
    crc = 0
    for byte in head + bytes(4) + tail:
        crc ^= byte << 24
        for _ in range(8):
            crc = ((crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return head + crc.to_bytes(4, "little") + tail


def test_a_gap_in_the_timestamps_is_silence_and_later_predictions_keep_the_players_time(
    session, speech, clock
):
    plain = replay(session, speech)
    session.stop()
    gapped, moved_at = shift_clusters(speech.data, seconds=6)
    session.start(Start(speech.mime_type))
    clock.now += 60
    messages = session.audio(gapped)
    last, summary = session.stop()
    windows = of(messages + last, "prediction")
    inside = [w for w in windows if moved_at + 2 < w["end_s"] < moved_at + 5.5]
    assert inside
    assert {w["state"] for w in inside} == {"silence"}
    expected = of(plain, "prediction")[-1]["end_s"] + 6
    assert windows[-1]["end_s"] == pytest.approx(expected, abs=0.3)
    assert summary["duration_s"] == pytest.approx(expected, abs=0.3)


def shift_clusters(data: bytes, *, seconds: float) -> tuple[bytes, float]:
    """Move the later half of the blocks of a WebM recording; also return where they began."""
    packets = WebmDemuxer().push(data)
    moved_at = packets[len(packets) // 2].time_s
    header = data[: data.index(b"\x1f\x43\xb6\x75")]
    blocks = b""
    for index, packet in enumerate(packets):
        time_ms = round(1000 * (packet.time_s + (seconds if index >= len(packets) // 2 else 0)))
        blocks += b"\x1f\x43\xb6\x75\x01" + b"\xff" * 7
        blocks += b"\xe7\x84" + time_ms.to_bytes(4, "big")
        size = len(packet.data) + 4
        blocks += b"\xa3" + (0x4000 | size).to_bytes(2, "big") + b"\x81\0\0\x80" + packet.data
    return header + blocks, moved_at


def test_a_jump_of_the_timestamps_beyond_the_budget_ends_the_recording(session, speech):
    gapped, _ = shift_clusters(speech.data, seconds=3_000)
    session.start(Start(speech.mime_type))
    assert code(session.audio(gapped)) == "too_long"
    session.start(Start(speech.mime_type))
    gapped, _ = shift_clusters(speech.data, seconds=300)
    assert code(session.audio(gapped)) == "too_fast"
