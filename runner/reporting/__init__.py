"""Reports: tables, figures and sentences from run directories, without TensorFlow."""
