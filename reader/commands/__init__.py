"""The commands of ``python -m reader``: one module each, with a click ``command`` that takes the Settings.

Exit status: 0 success, 1 problems found, 2 wrong usage.
"""
