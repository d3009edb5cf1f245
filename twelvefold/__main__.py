"""`python -m twelvefold` is the command `twelvefold`."""

from twelvefold.cli import main

main()
