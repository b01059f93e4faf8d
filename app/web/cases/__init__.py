"""One household, one file: its page, its case, its papers."""
