"""The semantic equaliser: SAFE-DB, EQ parameters and curves, the networks, training and evaluation."""
