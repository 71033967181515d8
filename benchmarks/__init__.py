"""What one worker carries, costs, and how fast it answers: `python -m benchmarks`, `make bench`."""

import os

# As in the server; read by OpenBLAS when numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
