"""Foundation: errors, text, files, locks, signals and the terminal. Nothing here depends on runs."""
