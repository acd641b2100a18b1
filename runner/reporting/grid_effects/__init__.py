"""Effects of a grid's axes, and of sources of variance."""
