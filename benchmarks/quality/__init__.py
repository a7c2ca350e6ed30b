"""How good recommendations are: data, splits, leak checks, metrics, peers and the table.

Splits, metrics and leak checks are plain numpy. Only ``frames`` and ``peers`` need pandas and
the peers' libraries, which live in an environment of their own (``requirements-bench.txt``).
"""
