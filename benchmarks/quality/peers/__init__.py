"""Other libraries' models under the contract of ``benchmarks.adapter.Recommender``."""
