"""Random changes of training images, on the device: one file a kind, put in order by `pipeline`."""
