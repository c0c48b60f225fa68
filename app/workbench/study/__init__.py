"""The tab that writes the study file, one file a part of it."""
