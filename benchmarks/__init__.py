"""What one worker costs and how fast it answers: `python -m benchmarks`, or `make bench`."""

import os

# As in the server; read by OpenBLAS when numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
