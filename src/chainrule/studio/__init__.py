"""Train live on one's own data, and click into any number: a page on this machine."""
