"""Export of finished runs and sweeps to other programs, from their records."""
