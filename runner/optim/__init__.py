"""Learning-rate schedules and optimizer features that Keras lacks."""
