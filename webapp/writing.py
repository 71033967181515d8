"""What is sent as JSON that is written already: a long summary, slice by slice."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import engineio.json

from webapp.protocol import Json, Timeline

SLICE = 50  # windows written at a time: half a millisecond


@dataclass(frozen=True)
class Written:
    """An object that is JSON already."""

    text: str


def written(summary: Json, breathe: Callable[[], None]) -> Written:
    """Return a summary as JSON, made slice by slice: at once, half an hour's would take 80 ms.

    Parameters
    ----------
    summary : dict
        From `webapp.protocol.summary`; further keys may have been added.
    breathe : callable
        Is called between slices, and may let others run.
    """
    members = []
    for name, value in summary.items():
        text = _list(value, breathe) if isinstance(value, Timeline) else _json(value)
        members.append(f"{_json(name)}:{text}")
    return Written("{" + ",".join(members) + "}")


def _list(timeline: Timeline, breathe: Callable[[], None]) -> str:
    slices = []
    for start in range(0, len(timeline), SLICE):
        slices.append(_json(timeline[start : start + SLICE])[1:-1])
        breathe()
    return "[" + ",".join(slices) + "]"


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


class PacketJson:
    """The JSON of Socket.IO's packets: python-socketio's own, and what is `Written` as it is."""

    loads = staticmethod(engineio.json.loads)

    @staticmethod
    def dumps(data: Any, **options: Any) -> str:
        """Return a packet's arguments as JSON."""
        if isinstance(data, list) and data and isinstance(data[-1], Written):
            head = "".join(f"{json.dumps(item, **options)}," for item in data[:-1])
            return f"[{head}{data[-1].text}]"
        return json.dumps(data, **options)
