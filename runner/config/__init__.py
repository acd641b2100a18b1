"""What a run may be asked for: schema, identity, help and error messages. No TensorFlow, no pandas."""
