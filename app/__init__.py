"""The web application and the `semantic-eq` command: the only room that knows all the others."""
