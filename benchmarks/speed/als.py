"""One process that fits the peer: implicit's ALS on the same pairs, at its tuned setting.

Runs in .venv-bench, where implicit is. Prints one JSON object.
"""

from __future__ import annotations

import json
import sys
from time import perf_counter, process_time

import numpy as np
from implicit.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

# Of the grid of the quality table (benchmarks/quality/contenders.py) the larger one.
SETTING = {"factors": 64, "regularization": 0.1, "alpha": 5.0, "iterations": 15}


def main(path: str) -> dict[str, float]:
    """Seconds that a fit on the pairs at ``path`` takes, and those on the processor."""
    with np.load(path) as pairs:
        weights = np.maximum(pairs["ratings"], 0.5).astype(np.float32)
        shape = (len(pairs["starts"]) - 1, int(pairs["catalogue"]))
        matrix = csr_matrix((weights, pairs["titles"], pairs["starts"]), shape=shape)
    model = AlternatingLeastSquares(**SETTING, num_threads=1, random_state=1)
    with threadpool_limits(1):
        started, busy = perf_counter(), process_time()
        model.fit(matrix, show_progress=False)
    return {"fit_s": perf_counter() - started, "busy_s": process_time() - busy}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
