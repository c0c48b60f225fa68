"""One module per group of `semantic-eq` commands; each adds its own through `register(cli)`.

Imports of torch, gradio, pandas and the like stand inside the commands, so that `--help` answers at once.
"""
