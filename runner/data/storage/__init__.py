"""Files of data sets on the disk: where they are, and their download."""
