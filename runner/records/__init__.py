"""Run directories: their files, atomic writing, and validated reading."""
