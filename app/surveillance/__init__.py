"""Where many households fall at once: plain rules, a space-time scan, sums over series. Pure functions over whole numbers.

Law: nothing here reads a database or a clock; the same figures, parameters and seed give the same answer on every machine.
"""
