"""What examples and features change in an answer, and what is out of distribution."""
