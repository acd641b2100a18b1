"""Many runs from one command: studies, the plan, the pool, resume."""
