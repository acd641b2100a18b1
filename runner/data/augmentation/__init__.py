"""Augmentation of training images on the device: one file for each kind, combined in `pipeline`."""
