"""What each training example contributed to an answer, and what is out of distribution."""
