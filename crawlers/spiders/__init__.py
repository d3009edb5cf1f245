"""One file a kind of source: its contract, its paging, its parsing."""
