"""The compiled training loop. TensorFlow is named here and nowhere else."""
