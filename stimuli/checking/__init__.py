"""A set looked at after it was built: verification, figures and the report."""
