"""What a WSGI server loads: ``granian --interface wsgi wsgi:application``, ``gunicorn wsgi`` or ``flask run``."""

from __future__ import annotations

from reader.app import create_app

app = create_app()
application = app.wsgi_app
"""The same without Flask's own first step, which costs as much as the whole answer of the hot layer."""
