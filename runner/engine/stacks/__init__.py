"""Stacks: several runs trained as one batch of models."""
