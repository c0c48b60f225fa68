"""The shipped weights: safetensors files whose names end in the start of their own SHA-256."""
