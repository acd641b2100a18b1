"""Values of a compiled epoch that are variables, so that it can also train runs with other values."""
