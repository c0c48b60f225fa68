"""Conditions, loudness, files: from a clip to its stimuli and checks."""
