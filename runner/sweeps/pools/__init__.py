"""Worker pools: local processes, Ray and Slurm."""
