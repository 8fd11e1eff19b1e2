"""The WSGI application over the environment's settings; importing it starts the work in the background.

``wsgi.py`` at the top of the repository names the same for a checkout; an installed package has only this one:
``granian --interface wsgi reader.wsgi:application``.
"""

from __future__ import annotations

from .app import create_app

app = create_app()
application = app.wsgi_app
"""The same without Flask's own first step, which costs as much as the whole answer of the response cache."""
