"""The pages: each module here is one, and adding a page is adding a file with a ``bp`` (a Flask blueprint)."""
