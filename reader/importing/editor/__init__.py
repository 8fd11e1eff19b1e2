"""The work of the editor page, done in a child process with limits: import, preview, save.

form.py          the form: an article's fields as lines of text, its body as Markdown
editor_child.py  the program of the child
child_requests.py what web processes call
"""
