"""The commands of ``python -m reader``: one module each, with a click ``command`` whose context object is the Settings.

Exit status: 0 success, 1 problems found, 2 invalid usage.
"""
