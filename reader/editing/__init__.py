"""The editor: article files are imported, opened, changed, previewed, saved, deleted and restored in the browser.

Pasted, uploaded and existing text can have any content, so it is parsed in a child process with limits. Only output of
that process is written, by the functions in ``article_files``.

access_token.py        the secret that opens the editor, generated at the first start of a site
accounts.py            editors with a name and a token of their own
form.py                an article's fields as lines of text
file_encoding.py       bytes of a file <-> text, with the same encoding and line ends
apply_edits.py         applies changed fields, a changed body or a changed text to a file
front_matter_lines.py  changes single fields of front matter and leaves all other lines unchanged
article_files.py       finds, reads and replaces files of the folder
draft_identity.py      recognizes the draft that a secret link was created for
audit_log.py           the history of edits, with the versions of the files
git_commits.py         commits each save if the folder is a git work tree
editor_tables.py       the tables of accounts and audit log
trash.py               deleted files, which can be restored
editor_child.py        the program of the child process; its tasks for files are in file_tasks.py
child_requests.py      requests of web processes to the child; those for files are in file_requests.py
"""
