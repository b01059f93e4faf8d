"""BENCH. What the README's speed figures come from: `python -m bench [--quick]`; every limit is a ratio or a count."""
