"""Start-up of TensorFlow and its device."""
