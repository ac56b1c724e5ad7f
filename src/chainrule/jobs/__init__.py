"""What a person asks for, without a face."""
