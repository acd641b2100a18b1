"""Planning a sweep: variants, jobs, seeds."""
