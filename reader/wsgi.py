"""The WSGI application, configured from the environment. Importing it starts the background threads.

For an installed package: ``granian --interface wsgi reader.wsgi:application``. A checkout also has a ``wsgi.py`` in its
root folder.
"""

from __future__ import annotations

import sys

from .app import create_app
from .errors import ReaderError
from .i18n import environment_language, translated
from .storage.log_formatter import start_logging

CANNOT_LOAD = 4
"""The exit status that gunicorn interprets as “App failed to load”: it stops instead of starting workers repeatedly."""

start_logging()
try:
    app = create_app()
except ReaderError as error:  # a setting that cannot be used: one line, without a traceback
    sys.stderr.write(f"{translated(error.message, environment_language())}\n")
    sys.exit(CANNOT_LOAD)
application = app.wsgi_app
"""``app`` without ``Flask.__call__``, which costs as much time as a whole response from the response cache."""
