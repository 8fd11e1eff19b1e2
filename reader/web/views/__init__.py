"""The views. Each module of this package and of its folders is a page and is registered at start.

A new page is one file here, plus a template if it has a layout of its own.

A module defines

``bp``          a Flask blueprint with its routes. Paths are plain strings or come from ``reader/urls.py``; static
                ones take precedence over those with variables. Each must be named in ``docs/reference/addresses.md``
                and in ``docs/reference/addresses.zh.md``.
``init_app``    optional: ``init_app(app)`` is called once before the blueprint is registered. A page that a setting
                switches on registers its blueprint here, under another name than ``bp``.

A minimal module, ``hello.py``, below its docstring::

    from __future__ import annotations

    from flask import Blueprint, Response

    from ..http_responses.conditional_responses import Representation, conditional_response, version_of

    bp = Blueprint("hello", __name__)


    @bp.get("/hello")
    def hello() -> Response:
        text = "Hello\\n"
        return conditional_response(Representation(version_of("hello", text), mimetype="text/plain"), lambda: text)

A page with a layout adds ``templates/hello.html``, which begins with ``{% extends 'base.html' %}`` and fills the blocks
``title`` and ``main``, and returns ``render_page("hello.html", "hello", lambda: {"name": "world"})`` of
``reader/web/pages/rendering.py``: a template, a *version*, and a function *build* that returns the variables of the
template.

Both functions set ETag, Cache-Control and Vary, compress, and answer 304 without calling *build*; a page needs that.
*version* must change with everything that *build* returns, such as an article's version or a query; that of a list is
``f"{services().catalog.revision}"``, which changes with every visible change. Read articles with
``services().catalog`` (``from .. import services``) and preferences with ``request_context()``. Text of a template is
``{{ _('Words') }}``, with an entry in ``zh_Hans``; ``make format`` writes that of ``zh_Hant``. ``export --all`` finds a
page by its links: put one on the page that it belongs to. Raise NotFound and the other errors of ``reader/errors.py``;
``error_pages.py`` handles them.

A page at an address of its own adds the first part of its path to ``FIRST_PARTS`` in ``reader/urls.py``, and the query
parameters that it reads to ``OF_PAGES`` in ``reader/web/middleware/query_parameters.py``: others never reach it. A
redirect sets Cache-Control, ``no-store`` if it differs each time; a page that differs each time passes ``"no-store"``
and ``is_dated=False`` to ``render_page``. Other pages must not use the clock, random numbers or cookies, except through
``request_context()``, because caches share them. Views do not import each other; code for several
views belongs in another folder of ``reader/web/``.

What a page must pass, beside a test of its own::

    make test ARGS="tests/test_registries.py tests/test_i18n.py tests/test_docs.py -k 'page or address or i18n'"
    make test ARGS="tests/test_site_folder.py tests/test_below_a_path.py"
"""
