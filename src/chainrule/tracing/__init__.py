"""A network's pass as a computation graph."""
