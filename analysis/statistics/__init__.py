"""What the ratings say: every number of a report."""
