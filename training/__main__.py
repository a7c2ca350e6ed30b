"""``python3 <code.zip> --root /opt/ml``: the entry of a training job's code package.

The package's tree is laid out by :func:`training.package.stage`, which copies this file to
the top, beside ``training/`` and ``recommender/``.
"""

import sys

from training.train import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
