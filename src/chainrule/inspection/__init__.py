"""Looking at data, training and models."""
