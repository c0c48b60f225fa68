"""A study rehearsed before anybody takes part: one file a kind of check, and one page that says go or no-go."""
