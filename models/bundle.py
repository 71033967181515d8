"""The recogniser's bundle: weights, and a card that says what they expect and mean.

A folder with `network.tflite`, `card.json`, `encoder.tflite` where the features have an encoder's
states, `population.npz` where a speaker can be taught, and the report of its evaluation. The card
carries the labels, the features' definition, the normalisation, the decision's thresholds and the
SHA-256 of weights, population and report, so that nothing about a network lives in code.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from models.features import BLOCK, FeatureSettings
from models.normalisation import Normalisation

DEFAULT_BUNDLE = Path(__file__).parent / "bundle"
WEIGHTS_FILE = "network.tflite"
ENCODER_FILE = "encoder.tflite"
CARD_FILE = "card.json"
REPORT_FILE = "report.json"
POPULATION_FILE = "population.npz"
FORMAT = 4  # 3 had a network without knowledge of the speaker, and no prior


class BundleError(Exception):
    """A bundle that cannot be used; the message names the file and says why."""


class Weights(NamedTuple):
    """What was learnt: two TFLite networks.

    Attributes
    ----------
    network : bytes
        Judges a window (`models.runtime.Network`).
    encoder : bytes
        Hears each frame once (`models.encoder.Encoder`); empty where the features have no states.
    population : bytes
        By which a speaker can be taught (`models.teaching.Population`); empty without.
    """

    network: bytes
    encoder: bytes = b""
    population: bytes = b""

    @property
    def size(self) -> int:
        """Number of bytes."""
        return sum(map(len, self))


@dataclass(frozen=True)
class Decision:
    """How logits over time become a decision.

    Attributes
    ----------
    temperature : float
        Divides the logits (Guo et al. 2017, "On calibration of modern neural networks").
    prior : tuple of float
        Added to the logits of each label after the temperature; empty adds nothing. Training
        corpora hold as much emotional as neutral speech; most speech is neutral.
    calibrated : float
        Added to the first label's logit, neutral's, in a session that begins with a calibration.
    unsure_below : float
        Probability that a label needs to be shown where `shown_above` is empty.
    shown_above : tuple of float
        Probability that each label needs to be shown. An emotion that ordinary speech often
        resembles needs more.
    enough_s : float
        Seconds of speech before the first emotion is shown.
    smoothing : float
        Weight of the past against a new window, per 0.25 s; 0 is none. See `models.timeline`.
    memory : float
        What silence leaves of the past, per 0.25 s.
    unsure_margin : float
        A label that is shown stays until its probability falls this far below what it needed.
    voice_above : float
        A window whose voice logit is lower is not of a voice, and silence. The default refuses
        nothing.
    """

    temperature: float = 1.0
    prior: tuple[float, ...] = ()
    calibrated: float = 0.0
    unsure_below: float = 0.35
    shown_above: tuple[float, ...] = ()
    enough_s: float = 0.0
    smoothing: float = 0.75
    memory: float = 0.95
    unsure_margin: float = 0.04
    voice_above: float = -1e9

    def after_calibration(self, labels: int) -> Decision:
        """Return the decision for a session that begins with a calibration."""
        neutral, *others = self.prior or (0.0,) * labels
        return replace(self, prior=(neutral + self.calibrated, *others))

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Decision:
        """Return the decision that `vars` gave, read back from JSON."""
        prior, shown_above = (tuple(data.get(key, ())) for key in ("prior", "shown_above"))
        return cls(**(data | {"prior": prior, "shown_above": shown_above}))


@dataclass(frozen=True)
class Card:
    """What `card.json` says.

    Attributes
    ----------
    window_frames : int
        Of the window that is judged.
    span : int
        Frames that are averaged to one of the network's (`models.spans`); a block's are a multiple.
    components : int
        Principal components that the network returns beside the logits.
    """

    name: str
    version: str
    labels: tuple[str, ...]
    features: FeatureSettings
    normalisation: Normalisation
    window_frames: int = 300
    decision: Decision = field(default_factory=Decision)
    licence: str = "CC BY-NC-SA 4.0"
    report_sha256: str | None = None
    span: int = 1
    components: int = 0

    @property
    def window_spans(self) -> int:
        """Spans of the window that is judged."""
        return self.window_frames // self.span

    def to_json(self, *, weights: Weights) -> dict[str, Any]:
        """Return the card as a JSON object that vouches for `weights`.

        For the encoder the features do: their states are its. Without spans it speaks of none.
        """
        spans = {"span": self.span} if self.span > 1 else {}
        return {
            "format": FORMAT,
            "name": self.name,
            "version": self.version,
            "licence": self.licence,
            "labels": list(self.labels),
            "features": self.features.to_json(),
            "normalisation": self.normalisation.to_json(),
            "window_frames": self.window_frames,
            **spans,
            "components": self.components,
            "decision": vars(self.decision),
            "weights_sha256": hashlib.sha256(weights.network).hexdigest(),
            "population_sha256": population_digest(weights),
            "report_sha256": self.report_sha256,
        }


def population_digest(weights: Weights) -> str | None:
    """Return the SHA-256 of the population; None if there is none."""
    return hashlib.sha256(weights.population).hexdigest() if weights.population else None


def save_bundle(folder: Path, card: Card, weights: Weights) -> None:
    """Write a bundle; each file appears whole or not at all, the card last."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(card.to_json(weights=weights), indent=1) + "\n"
    files = {WEIGHTS_FILE: weights.network, CARD_FILE: text.encode()}
    if weights.population:
        files = {POPULATION_FILE: weights.population, **files}
    if weights.encoder:
        files = {ENCODER_FILE: weights.encoder, **files}
    for name, content in files.items():
        partial = folder / (name + ".partial")
        partial.write_bytes(content)
        partial.replace(folder / name)


def load_bundle(folder: Path) -> tuple[Card, Weights]:
    """Read and check a bundle.

    Raises
    ------
    BundleError
        A file is missing or malformed, or the card does not belong to the weights.
    """
    card_path = folder / CARD_FILE
    try:
        data = json.loads(_read(card_path))
    except ValueError as error:
        raise BundleError(f"{card_path}: not JSON ({error})") from None
    try:
        if data["format"] != FORMAT:
            raise BundleError(f"{card_path}: format {data['format']}, this program reads {FORMAT}")
        card = Card(
            name=data["name"],
            version=data["version"],
            licence=data["licence"],
            labels=tuple(data["labels"]),
            features=FeatureSettings(**data["features"]),
            normalisation=Normalisation.from_json(data["normalisation"]),
            window_frames=int(data["window_frames"]),
            span=int(data.get("span", 1)),
            components=int(data.get("components", 0)),
            decision=Decision.from_json(data["decision"]),
            report_sha256=data["report_sha256"],
        )
        digest, of_population = data["weights_sha256"], data.get("population_sha256")
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{card_path}: malformed ({error!r})") from None
    if card.span < 1 or BLOCK % card.span or card.window_frames % card.span:
        raise BundleError(
            f"{card_path}: {card.span} frames do not divide a block of {BLOCK} and a window of "
            f"{card.window_frames}"
        )
    columns, statistics = card.features.columns, card.normalisation
    for statistic in (statistics.mean, statistics.scale, statistics.strength):
        if statistic.shape != (columns,):
            raise BundleError(f"{card_path}: the normalisation is not for {columns} columns")
    network = _vouched(folder / WEIGHTS_FILE, digest)
    encoder = b""
    if card.features.states:
        encoder = _vouched(folder / ENCODER_FILE, card.features.encoder)
    population = _vouched(folder / POPULATION_FILE, of_population) if of_population else b""
    report = folder / REPORT_FILE
    if report.is_file() and hashlib.sha256(report.read_bytes()).hexdigest() != card.report_sha256:
        raise BundleError(f"{report}: not the report that {CARD_FILE} names")
    return card, Weights(network, encoder, population)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"{error.filename}: {error.strerror}") from None


def _vouched(path: Path, digest: str) -> bytes:
    content = _read(path)
    if hashlib.sha256(content).hexdigest() != digest:
        raise BundleError(f"{path}: not the weights that {CARD_FILE} describes")
    return content
