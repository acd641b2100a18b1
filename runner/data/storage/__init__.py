"""Files of data sets on the disk: where they are, their download, and the IDX format."""
