"""A page to try the equalisers on any clip, apart from every study."""
