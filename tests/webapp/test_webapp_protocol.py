from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import EMOTIONS, Judgement, Window
from webapp import protocol
from webapp.protocol import ProtocolError, Start, parse_audio, parse_start

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
five = st.lists(st.floats(0.001, 1), min_size=5, max_size=5).map(
    lambda weights: tuple(weight / sum(weights) for weight in weights)
)


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
    assert list(answer) == ["file", "duration_s", "emotion", "probabilities", "timeline", "model"]
    assert list(answer["timeline"][0]) == ["start_s", "end_s", "state", "emotion", "probabilities"]
    assert "file" not in protocol.answer(judgement, EMOTIONS, model)
    assert json.loads(json.dumps(answer)) == answer


def test_a_problem_always_says_when_to_come_back_even_if_never():
    assert protocol.problem(ProtocolError("idle", "So.")) == (
        "problem",
        {"code": "idle", "message": "So.", "retry_after_s": None},
    )
