"""Records on disk: run directories, sweep directories, jobs and provenance."""
