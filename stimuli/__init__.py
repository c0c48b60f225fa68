"""Clips in, a loudness-matched stimulus set with its manifest out."""
