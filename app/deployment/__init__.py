"""A running server looked at from outside, as a participant's browser or an attacker sees it."""
