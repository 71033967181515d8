"""Browser or file bytes to 16 kHz mono float32 samples. Imports nothing of the project."""

from webapp.audio.errors import AudioError, AudioWarning
from webapp.audio.files import decode_file
from webapp.audio.isolation import decode_isolated, start_decoder
from webapp.audio.resample import SAMPLE_RATE
from webapp.audio.stream import AudioStream, open_stream

__all__ = [
    "SAMPLE_RATE",
    "AudioError",
    "AudioStream",
    "AudioWarning",
    "decode_file",
    "decode_isolated",
    "open_stream",
    "start_decoder",
]
