"""Run configuration: schema, trust, identity, help and error messages. No TensorFlow, no pandas."""
