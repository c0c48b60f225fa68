"""Training: where audio comes from, the losses and the loop."""
