"""Sample sites, and the loopback server that serves them for `twelvefold demo`."""
