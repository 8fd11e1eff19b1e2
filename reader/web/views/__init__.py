"""The pages: each module here is one, found when Reader starts. A new page is one new file.

A module defines

``bp``          a Flask blueprint with its routes. Addresses are plain strings or come from ``reader/urls.py``; static
                ones take precedence over those with variables. Each must be named in ``docs/reference/addresses.md``.
``init_app``    optional: ``init_app(app)`` is called once before the blueprint is registered. A page that a setting
                switches on registers its blueprint here, under another name than ``bp``.

A minimal module, ``hello.py``::

    from flask import Blueprint, Response

    from ..rendering import render_page

    bp = Blueprint("hello", __name__)

    @bp.get("/hello")
    def hello() -> Response:
        return render_page("hello.html", "hello", lambda: {"name": "world"})

``render_page(template, version, build)`` answers with ETag, compression and 304; ``build`` runs only if the page is
not cached. *version* names all that ``build`` puts into the page: an article's version, a query. Read articles with
``services().catalog`` and preferences with ``request_context()``; raise NotFound and the other errors of
``reader/errors.py``, which ``error_pages.py`` answers. A page must not read the clock or a cookie by other means,
because caches would show it to others. Views do not know each other; what two of them need lies in ``reader/web/``.
"""
