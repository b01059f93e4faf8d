"""Law: files in, findings out. Expressions are written once with Ibis and run on DuckDB in this process; no database of ours,
no names, no clock. Money is whole fen; the same input gives the same rows in the same order."""
