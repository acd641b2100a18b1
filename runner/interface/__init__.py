"""Python interface: train, sweep and read results from a script or a notebook."""
