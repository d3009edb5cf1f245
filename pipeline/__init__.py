"""What happens to a mention, in order, and what it all means."""
