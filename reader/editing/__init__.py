"""The editor's desk: article files are imported, previewed and saved.

What an editor pastes can be anything, so it is read in a child process with limits.

access_token.py    the secret that opens the desk, made for this site at its first start
form.py            an article's fields as lines of text
editor_child.py    the program of the child
child_requests.py  what web processes call
"""
