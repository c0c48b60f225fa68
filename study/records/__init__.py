"""What leaves a study: tidy tables, their dictionary, and the proof that nothing was changed."""
