"""Speed and memory of chainrule beside its peers, all in one run: `python -m benchmarks`."""
