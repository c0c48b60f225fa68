"""The study: its definition, trial orders, database, a participant's way through it, export and simulated listeners."""
