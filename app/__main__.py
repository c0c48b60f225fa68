"""`python -m app` is `semantic-eq`."""

from app.cli import main

main()
