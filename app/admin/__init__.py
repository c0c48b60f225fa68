"""The experimenter's page: recruitment, data quality, balance and the study's switches."""
