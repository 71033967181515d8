"""Other throats: the frequency axis of a voice stretched or shrunk, as a matrix for its MFCCs.

Vocal tract length perturbation (Jaitly & Hinton 2013): a vocal tract that is longer by a tenth puts
every formant a tenth lower. MFCCs are a linear map of the mel bands, so that warping the bands is
one matrix for the MFCCs, and for any mean of them as well.
"""

from __future__ import annotations

import numpy as np

from models.features import FeatureSettings, Floats, dct_matrix, mel_centres

SHORTEST, LONGEST, COUNT = 0.86, 1.16, 16
"""Of the factors by which frequencies are warped."""
BEND_HZ = 4800.0
"""Above it the axis is bent, so that the highest band stays where it is."""


def warp(settings: FeatureSettings, factor: float) -> Floats:
    """Return the matrix that warps a frame's MFCCs, shape (n_mfcc, n_mfcc).

    Parameters
    ----------
    settings : FeatureSettings
    factor : float
        A band takes what was `factor` times as high before.
    """
    centres = mel_centres(settings)
    bend, top = BEND_HZ * min(1.0, 1 / factor), settings.fmax
    slope = (top - bend * factor) / (top - bend)
    source = np.where(centres <= bend, centres * factor, bend * factor + (centres - bend) * slope)
    place = np.interp(source, centres, np.arange(settings.n_mels))
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, settings.n_mels - 1)
    bands = np.zeros((settings.n_mels, settings.n_mels))
    own = np.arange(settings.n_mels)
    np.add.at(bands, (low, own), 1 - (place - low))
    np.add.at(bands, (high, own), place - low)
    dct = dct_matrix(settings.n_mels, settings.n_mfcc)
    return np.asarray(dct.T @ bands @ dct, np.float32)


def warps(settings: FeatureSettings) -> list[Floats]:
    """Return `COUNT` warps, evenly spread."""
    return [warp(settings, float(f)) for f in np.linspace(SHORTEST, LONGEST, COUNT)]
