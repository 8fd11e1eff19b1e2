"""The Content-Security-Policy (CSP Level 3) of a page: allows only the resources used by its template."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial

from flask import Flask, Response, current_app, g
from markupsafe import Markup

from ..pages.inline_assets import script
from .url_prefixing import below_prefix, path_prefix

_FIXED = (
    "default-src 'none'",
    "img-src 'self' data:",
    "style-src 'unsafe-inline'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
)
"""The directives of every page.

``style-src 'unsafe-inline'``: styles are inlined depending on the content. The sanitizer removes ``style`` from
articles, and styles can load only pictures of this site. ``data:`` is for the icon.
"""


SCRIPT_FILES = "'self'"
"""The source that lets a script import files of this site. It also allows the service worker, because the policy then
has no ``worker-src``.

``'strict-dynamic'`` is not used: with it Chromium rejects import() in a script of the markup (HTML, "parser metadata"),
and it would allow inline scripts that another script adds. With nosniff only our own scripts have an executable type.
"""


_PLACEHOLDER = re.compile("BUILD_ID|PREFIX_PATTERN|PREFIX")


class InlineScripts:
    """``inline_script("reader")`` inlines ``static/js/reader.js`` into the page and allows it by its hash.

    Placeholders in a script: ``BUILD_ID`` is the build id in the addresses of static files, ``PREFIX`` the path prefix
    of the site, ``PREFIX_PATTERN`` a regular expression that matches the prefix.
    """

    def __init__(self, sources: Mapping[str, str], build_id: str, prefix: str = "") -> None:
        values = {"BUILD_ID": build_id, "PREFIX": prefix, "PREFIX_PATTERN": re.escape(prefix).replace("/", r"\/")}
        self._scripts = {
            name: script(_PLACEHOLDER.sub(lambda found: values[found[0]], source)) for name, source in sources.items()
        }
        self._elements = {name: Markup("<script>%s</script>") % text for name, text in self._scripts.items()}
        self._hashes = {name: hash_source(str(text)) for name, text in self._scripts.items()}

    def __call__(self, name: str) -> Markup:
        _allow("script-src", self._hashes[name])
        if "import(" in self._scripts[name]:
            _allow("script-src", SCRIPT_FILES)
        elif "serviceWorker" in self._scripts[name]:
            _allow("worker-src", "'self'")
        return self._elements[name]

    def source(self, name: str) -> str:
        """The minified script without its element."""
        return str(self._scripts[name])


def hash_source(text: str) -> str:
    """The hash source ``'sha256-…'`` of an inline script (CSP3 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def speculation_rules(address: str) -> Markup:
    """Speculation rules that let the browser prefetch *address* before its link is clicked.

    Allowed by hash: Chromium 156 ignores ``'inline-speculation-rules'`` if a script hash is present.
    """
    rules = json.dumps(
        {"prefetch": [{"urls": [below_prefix(address)], "eagerness": "moderate"}]}, separators=(",", ":")
    )
    escaped = rules.replace("<", "\\u003c")
    _allow("script-src", hash_source(escaped))
    return Markup(f"<script type=speculationrules>{escaped}</script>")  # noqa: S704  JSON without a <


def allow(directive: str, source: str) -> str:
    """For templates: allows *source* on the page that is being rendered. Returns an empty string."""
    _allow(directive, source)
    return ""


def _allow(directive: str, source: str) -> None:
    g.setdefault("csp", {}).setdefault(directive, {})[source] = True


def policy_of_page() -> str:
    """The policy of the page that was rendered for the current request."""
    allowed: dict[str, dict[str, bool]] = g.get("csp", {})
    ancestors = "'self'" if "frame-src" in allowed else "'none'"
    more = (" ".join((directive, *sources)) for directive, sources in allowed.items())
    return ";".join((*_FIXED, *more, f"frame-ancestors {ancestors}"))


def inline_scripts() -> InlineScripts:
    """The scripts with the path prefix of the current request."""
    found: Callable[[str], InlineScripts] = current_app.extensions["reader-scripts"]
    return found(path_prefix())


def init_app(app: Flask) -> None:
    services = app.extensions["reader"]
    sources = {path.stem: path.read_text("utf-8") for path in (services.settings.static / "js").glob("*.js")}
    scripts = lru_cache(maxsize=8)(partial(InlineScripts, sources, services.render.build_id))
    scripts(services.settings.path_prefix)  # minifies at the start, not during the first request
    app.jinja_env.globals |= {
        "inline_script": lambda name: inline_scripts()(name),
        "speculation_rules": speculation_rules,
        "allow": allow,
    }
    app.extensions["reader-scripts"] = scripts

    @app.after_request
    def set_policy(response: Response) -> Response:
        if response.mimetype == "text/html" and response.status_code != 304 and not response.direct_passthrough:
            response.headers.setdefault("Content-Security-Policy", policy_of_page())
        return response
