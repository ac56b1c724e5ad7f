"""Files, folders and built-in sets as data sets."""
