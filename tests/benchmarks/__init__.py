"""What the program costs, measured side by side in one run: `make bench`. Never part of the suite."""
