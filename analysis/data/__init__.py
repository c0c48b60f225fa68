"""Ratings in: read, checked, laid out, screened."""
