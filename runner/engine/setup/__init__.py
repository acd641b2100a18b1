"""Start of TensorFlow and of its device."""
