"""Clips in: recordings, stems and the scores that are played when there are none."""
