"""A tidy table of ratings in; tables, figures and a report out."""
