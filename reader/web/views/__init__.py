"""The views. Each module of this package is a page and is registered at start. To add a page, add a file.

A module defines

``bp``          a Flask blueprint with its routes. Paths are plain strings or come from ``reader/urls.py``; static
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

``render_page(template, version, build)`` handles ETag, compression and 304; ``build`` is not called for a 304.
*version* must change with everything that ``build`` returns, such as an article's version or a query. Read articles
with ``services().catalog`` and preferences with ``request_context()``. Raise NotFound and the other errors of
``reader/errors.py``; ``error_pages.py`` handles them. A view must not use the clock or cookies in other ways, because
caches share its pages. Views do not import each other; code for several views belongs in ``reader/web/``.
"""
