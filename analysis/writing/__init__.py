"""Numbers out: tables, figures, sentences and pages."""
