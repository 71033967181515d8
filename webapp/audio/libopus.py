"""libopus by ctypes: found where the PyAV wheel keeps it, else where the system does."""

from __future__ import annotations

import ctypes
import ctypes.util
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

SET_GAIN = 4034
"""The request code OPUS_SET_GAIN (opus_defines.h)."""


def _candidates() -> list[str]:
    found: list[str] = []
    spec = find_spec("av")
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        for folder in (package.parent / "av.libs", package / ".dylibs"):  # Linux and Windows; macOS
            found += sorted(str(path) for path in folder.glob("libopus[-.]*"))
    system = ctypes.util.find_library("opus")
    return [*found, system] if system else found


@lru_cache(maxsize=1)
def load_libopus() -> ctypes.CDLL | None:
    """Load libopus once.

    Returns
    -------
    ctypes.CDLL or None
        The library with the signatures of the functions that the decoder uses; None if there is
        none.
    """
    for name in _candidates():
        try:
            library = ctypes.CDLL(name)
            library.opus_decoder_get_size.argtypes = [ctypes.c_int]
            library.opus_decoder_get_size.restype = ctypes.c_int
            library.opus_decoder_init.argtypes = [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int]
            library.opus_decoder_init.restype = ctypes.c_int
            # Variadic: the argument after these two is passed as it is, which ctypes does right on
            # every platform.
            library.opus_decoder_ctl.argtypes = [ctypes.c_void_p, ctypes.c_int]
            library.opus_decoder_ctl.restype = ctypes.c_int
            library.opus_decode_float.argtypes = [
                ctypes.c_void_p,
                ctypes.c_char_p,
                ctypes.c_int32,
                ctypes.c_void_p,
                ctypes.c_int,
                ctypes.c_int,
            ]
            library.opus_decode_float.restype = ctypes.c_int
        except (OSError, AttributeError):
            continue
        return library
    return None
