"""Speed, side by side in one process: `python -m benchmarks.<room>`; results are kept in docs/benchmarks.md."""
