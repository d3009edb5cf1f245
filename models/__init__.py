"""What judges: a multilingual transformer that runs offline."""
