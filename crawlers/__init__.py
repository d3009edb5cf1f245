"""What listens: adapters, and the child process that runs them politely."""
