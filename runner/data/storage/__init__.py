"""Files of data sets on disk: their locations, their download, and the IDX format."""
