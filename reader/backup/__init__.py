"""Backup and restore: one zip file with the articles folder, the data folder and the rows of the state database.

archive_layout.py      the layout of the zip file
creating.py            creates a backup while a server runs
restoring.py           checks a backup, which may be hostile, and restores it
renaming.py            renames files and folders, and renames them back after an error
unfinished_restore.py  the marker file of a restore that was killed
state_rows.py          the rows of the state database as JSON, for SQLite and PostgreSQL
"""
