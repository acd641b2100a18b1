"""Values of a compiled epoch that are variables, so that it also trains runs with other values."""
