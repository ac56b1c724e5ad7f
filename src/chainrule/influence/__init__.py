"""Which examples pushed an answer, and what is unlike the training data."""
