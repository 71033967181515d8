"""The recogniser: 16 kHz samples in, five calibrated probabilities out. Useful on its own."""

from models.bundle import BundleError, Card
from models.labels import EMOTIONS
from models.normalisation import Speaker
from models.recognizer import RecognitionStream, Recognizer
from models.timeline import Judgement, Window

SAMPLE_RATE = 16000
"""Samples a second of everything that is judged."""

__all__ = [
    "EMOTIONS",
    "SAMPLE_RATE",
    "BundleError",
    "Card",
    "Judgement",
    "RecognitionStream",
    "Recognizer",
    "Speaker",
    "Window",
]
