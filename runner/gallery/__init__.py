"""Gallery of studies, sweeps and runs: a static page, and a server that follows runs while they train."""
