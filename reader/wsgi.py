"""The WSGI application, configured from the environment. Importing it starts the background threads.

For an installed package: ``granian --interface wsgi reader.wsgi:application``. A checkout also has ``wsgi.py`` at its
top.
"""

from __future__ import annotations

from .app import create_app

app = create_app()
application = app.wsgi_app
"""``app`` without ``Flask.__call__``, which costs as much time as a whole response from the response cache."""
