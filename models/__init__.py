"""The recogniser: 16 kHz samples in, five calibrated probabilities out. Useful on its own."""

from models.bundle import BundleError, Card
from models.enrolment import Enrolment, TeachingError
from models.features import FeatureSettings
from models.labels import EMOTIONS
from models.recognizer import RecognitionStream, Recognizer
from models.speaker import Speaker, SpeakerError
from models.teaching import Check, Doubt
from models.timeline import Judgement, Window

SAMPLE_RATE = 16000
"""Samples a second of everything that is judged."""

__all__ = [
    "EMOTIONS",
    "SAMPLE_RATE",
    "BundleError",
    "Card",
    "Check",
    "Doubt",
    "Enrolment",
    "FeatureSettings",
    "Judgement",
    "RecognitionStream",
    "Recognizer",
    "Speaker",
    "SpeakerError",
    "TeachingError",
    "Window",
]
