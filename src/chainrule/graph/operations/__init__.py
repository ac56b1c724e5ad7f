"""What the graph is made of: each operation's value, and beside it its derivatives."""
