"""What survives a crash: whole files or none."""
