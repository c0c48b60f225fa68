"""A study as a package for publication, and where its parts lie in it."""
