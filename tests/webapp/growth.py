"""What a recording of ten minutes holds as it goes on: `python -m tests.webapp.growth`.

A process of its own: among other tests, what their servers hold would be counted too.
"""

from __future__ import annotations

import gc
import json
import tracemalloc
from pathlib import Path

from benchmarks.recording import load, prolong
from models import Recognizer
from tests.webapp.told import Told

ROOT = Path(__file__).parents[2]
EACH = 500  # chunks between two readings: a minute
TIMELINE = str(ROOT / "models/timeline.py")


def main():
    """Print the bytes held each minute, the timeline's and the others', and its windows."""
    told = Told(Recognizer.load())
    ours = [tracemalloc.Filter(True, str(ROOT / room / "*")) for room in ("models", "webapp")]
    timeline, others, windows = [], [], []
    tracemalloc.start()
    for number, chunk in enumerate(prolong(load(), seconds=600).chunks, 1):
        late_s = 1.0 if number % 400 == 200 else 0.0  # in time, then late, then catching up
        told.hear(chunk, after_s=0.12 + late_s - (0.01 if number % 400 > 200 else 0.0))
        told.messages.clear()
        if number % EACH == 0:
            gc.collect()
            held = {TIMELINE: 0, "": 0}
            for trace in tracemalloc.take_snapshot().filter_traces(ours).traces:
                file = trace.traceback[0].filename
                # Not counted: the interpreter's table of names, which is made anew now and then.
                held[file if file in held else ""] += trace.size if trace.size < 1 << 20 else 0
            timeline.append(held[TIMELINE])
            others.append(held[""])
            windows.append(int(number * 0.12 / 0.25))
    print(json.dumps({"timeline": timeline, "others": others, "windows": windows}))


if __name__ == "__main__":
    main()
