from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import EMOTIONS, Judgement, Recognizer, Speaker, Window
from models.teaching import Taught
from webapp import protocol, writing
from webapp.audio import AudioError
from webapp.protocol import ProtocolError, Start, parse_audio, parse_start

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
five = st.lists(st.floats(0.001, 1), min_size=5, max_size=5).map(
    lambda weights: tuple(weight / sum(weights) for weight in weights)
)


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer.load()


def refusal(parse, args, **limits):
    """Return the code with which the arguments were refused, or None."""
    try:
        assert isinstance(parse(args, **limits), Start | bytes)
    except ProtocolError as error:
        return error.code if error.message else "no sentence"
    return None


def window(probabilities, seq=0):
    return Window(seq, 0.0, 0.25, "speech", "happy", probabilities)


def test_start_says_the_type_and_whether_frames_are_wanted():
    assert parse_start([{"mime_type": "audio/webm;codecs=opus"}]) == Start(
        "audio/webm;codecs=opus", False
    )
    assert parse_start([{"mime_type": "audio/wav", "mfcc": True, "new": 1}]) == Start(
        "audio/wav", True
    )


def test_start_may_ask_to_calibrate_or_bring_what_a_calibration_gave():
    wav = {"mime_type": "audio/wav"}
    assert parse_start([wav | {"calibrate": True}]) == Start("audio/wav", calibrate=True)
    assert parse_start([wav | {"speaker": "abc"}]) == Start("audio/wav", speaker="abc")
    assert parse_start([wav | {"speaker": None}]) == Start("audio/wav")


@pytest.mark.parametrize("wrong", [{"calibrate": 1}, {"calibrate": "yes"}, {"speaker": 5}], ids=str)
def test_a_wish_of_a_wrong_type_is_a_bad_message_that_names_it(wrong):
    with pytest.raises(ProtocolError, match=next(iter(wrong))) as caught:
        parse_start([{"mime_type": "audio/wav"} | wrong])
    assert caught.value.code == "bad_message"


@given(text=st.text() | st.text(alphabet="abcXYZ019-_", min_size=200, max_size=5000))
def test_whatever_text_a_speaker_is_is_read_or_a_bad_message(recognizer, text):
    with pytest.raises(ProtocolError) as caught:
        protocol.parse_speaker(text, recognizer)
    assert caught.value.code == "bad_message"


def spoken(recognizer, frames):
    """Return a speaker of whom so many frames with speech are known."""
    return Speaker().hear(np.ones((frames, recognizer.card.features.columns), np.float32))


def test_a_calibration_tells_the_speaker_and_whether_it_suffices(recognizer):
    told = protocol.calibration(spoken(recognizer, 850), recognizer)
    assert (told["speech_s"], told["suffices"]) == (8.5, True)
    assert len(told["speaker"]) < protocol.MAX_SPEAKER_LENGTH / 2
    speaker = protocol.parse_speaker(told["speaker"], recognizer)
    assert (speaker.count, speaker.neutral) == (850, True)
    short = protocol.calibration(spoken(recognizer, 90), recognizer)
    assert (short["speech_s"], short["suffices"]) == (0.9, False)
    nothing = protocol.calibration(Speaker(), recognizer)
    assert nothing == {"speaker": None, "speech_s": 0.0, "suffices": False}


def test_a_profile_with_every_emotion_taught_is_within_the_limit_of_a_text(recognizer):
    vectors = np.full((5, recognizer.population.size), 3.0)
    taught = Taught.of([*vectors] * 10, [*range(5)] * 10, of=5)
    text = recognizer.to_text(replace(spoken(recognizer, 850), taught=taught))
    assert len(text) < protocol.MAX_SPEAKER_LENGTH
    assert protocol.parse_speaker(text, recognizer).taught.counts == (10,) * 5


def test_the_error_of_a_clip_names_its_emotion_and_its_position():
    error = ProtocolError("no_voice", "So.", emotion="happy", clip=0)
    assert protocol.error_object(error) == {
        "code": "no_voice",
        "message": "So.",
        "emotion": "happy",
        "clip": 0,
    }
    assert protocol.error_object(AudioError("empty", "So.")) == {"code": "empty", "message": "So."}


@given(
    st.dictionaries(st.text(), st.floats(allow_nan=False) | st.text()),
    st.integers(0, 3 * writing.SLICE),
)
def test_a_summary_written_in_slices_is_the_same_json(more, count):
    windows = tuple(window((0.2,) * 5, seq) for seq in range(count))
    judgement = Judgement(0.25 * count, None, (0.2,) * 5, windows)
    model = protocol.model_info("m", "1")
    breaths = []
    summary = more | protocol.summary(judgement, EMOTIONS, model)
    text = writing.PacketJson.dumps([writing.written(summary, lambda: breaths.append(1))])
    assert json.loads(text) == [more | protocol.answer(judgement, EMOTIONS, model)]
    assert len(breaths) == -(-count // writing.SLICE)


def test_what_is_not_written_yet_is_encoded_as_ever():
    assert writing.PacketJson.dumps(["a", {"b": 1}], separators=(",", ":")) == '["a",{"b":1}]'


@given(st.lists(anything, max_size=3))
def test_whatever_start_carries_is_parsed_or_a_bad_message(args):
    assert refusal(parse_start, args) in (None, "bad_message")


@given(st.lists(anything, max_size=2))
def test_whatever_audio_carries_is_bytes_or_a_named_problem(args):
    assert refusal(parse_audio, args, max_bytes=10) in (None, "bad_message", "too_large")


def test_a_chunk_may_be_as_large_as_the_limit_and_no_larger():
    assert parse_audio([bytearray(10)], max_bytes=10) == bytes(10)
    with pytest.raises(ProtocolError, match="11 bytes"):
        parse_audio([bytes(11)], max_bytes=10)


@given(five)
def test_rounded_probabilities_still_sum_to_one_and_carry_every_label(probabilities):
    _, data = protocol.prediction(window(probabilities), EMOTIONS)
    assert tuple(data["probabilities"]) == EMOTIONS
    assert sum(data["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_an_answer_has_the_contracts_keys_in_its_order():
    judgement = Judgement(0.25, "happy", (0.2,) * 5, (window((0.2,) * 5),))
    model = protocol.model_info("m", "1")
    answer = protocol.answer(judgement, EMOTIONS, model, file="a.wav")
    keys = ["file", "duration_s", "emotion", "probabilities", "timeline", "model", "warnings"]
    assert list(answer) == keys
    window_keys = ["start_s", "end_s", "state", "emotion", "probabilities", "other_sound"]
    assert list(answer["timeline"][0]) == window_keys
    assert "file" not in protocol.answer(judgement, EMOTIONS, model)
    assert json.loads(json.dumps(answer)) == answer


def test_a_problem_always_says_when_to_come_back_even_if_never():
    assert protocol.problem(ProtocolError("idle", "So.")) == (
        "problem",
        {"code": "idle", "message": "So.", "retry_after_s": None},
    )
