"""Plan of a sweep: variants, jobs and seeds."""
