"""A participant's way through a study, from the first request to the last answer."""
