"""What a WSGI server loads: ``granian --interface wsgi wsgi:app``, ``gunicorn wsgi:app`` or ``flask run``."""

from __future__ import annotations

from reader.app import create_app

app = create_app()
