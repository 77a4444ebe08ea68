"""The scripts that made everything in ``assets/``."""

from backend.core.process_tuning import tune_process

tune_process()  # before anything here loads OpenMP
