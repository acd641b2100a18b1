"""What Keras lacks of schedules and optimizers."""
