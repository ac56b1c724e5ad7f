"""Gradients checked against central differences: the graph's, and handwritten ones."""
