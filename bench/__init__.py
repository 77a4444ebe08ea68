"""Benchmarks; see `bench.__main__`."""

from backend.core.process_tuning import tune_process

tune_process()  # before anything here loads OpenMP
