"""The commands of ``python -m reader``: one file each, with a click ``command`` that is given the Settings.

Exit status: 0 good, 1 problems were found, 2 wrong usage.
"""
