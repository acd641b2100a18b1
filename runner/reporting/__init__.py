"""From run directories to figures and tables. Reads records only; never imports TensorFlow."""
