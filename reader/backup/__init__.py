"""Backup and restore: one zip file with the articles folder, the data folder and the rows of the state database.

archive.py             the layout of the file
creating.py            making it, while a server runs
restoring.py           reading one, which may be hostile, into empty places
renaming.py            putting files in their places, and taking it back
unfinished_restore.py  the mark that tells of a restore that was killed
state_rows.py          the rows of the state database, in a form that both engines can read
"""
