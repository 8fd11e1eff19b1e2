"""What a WSGI server loads: ``granian --interface wsgi wsgi:application``, ``gunicorn wsgi:app`` or ``flask run``."""

from __future__ import annotations

from reader.wsgi import app, application

__all__ = ["app", "application"]
