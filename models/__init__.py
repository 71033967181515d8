"""The recogniser: 16 kHz samples in, five calibrated probabilities out. Useful on its own."""

from models.bundle import BundleError, Card
from models.features import FeatureSettings
from models.labels import EMOTIONS
from models.normalisation import Speaker, SpeakerError
from models.recognizer import RecognitionStream, Recognizer
from models.timeline import Judgement, Window

SAMPLE_RATE = 16000
"""Samples a second of everything that is judged."""

__all__ = [
    "EMOTIONS",
    "SAMPLE_RATE",
    "BundleError",
    "Card",
    "FeatureSettings",
    "Judgement",
    "RecognitionStream",
    "Recognizer",
    "Speaker",
    "SpeakerError",
    "Window",
]
