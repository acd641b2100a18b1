"""Progress of a sweep: its state, best variant, remaining time and display."""
