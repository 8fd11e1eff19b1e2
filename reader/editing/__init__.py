"""The editor's desk: article files are imported, opened, changed, previewed, saved, deleted and restored.

What an editor pastes, uploads or has in a file can be anything, so it is read in a child process with limits. Only what
that process gives back is written, by the functions in ``article_files``.

access_token.py        the secret that opens the desk, made for this site at its first start
form.py                an article's fields as lines of text
file_encoding.py       bytes of a file <-> text, keeping its encoding and line ends
front_matter_lines.py  changes single fields of front matter and keeps every other line
article_files.py       finds, reads and replaces a file of the folder, if it is still as it was opened
accounts.py            editors with a name and a token of their own
audit_log.py           who changed what, with the versions of the files
git_commits.py         a commit for each save, where the folder is a git work tree
editor_tables.py       the tables of both
trash.py               deleted files, which can be restored
editor_child.py        the program of the child
child_requests.py      what web processes call
"""
