"""A mobile-first news server for a folder of article files.

Read the package in this order. Each layer (a line) may import those listed before it:

    i18n, patterns                      messages that can be translated later; regular expressions compiled at first use
    article_corrections, errors, models, site_identity, urls
                                        the domain model, its errors, the site's identity, URLs (no I/O)
    setting_values, settings            READER_* variables
    storage/                            file cache, SQLite databases, lock files
    state/                              data that can't be derived: comments, editors, history (SQLite or PostgreSQL)
    child_process/                      child processes with limits of memory and time
    http_client/                        outgoing HTTP requests with limits and SSRF protection
    sanitizer/, chinese/                safe HTML; Chinese text, Simplified and Traditional
    formats/                            a file's bytes -> a Draft, and a Draft -> Markdown
    publication_history/                the record of publications: renames, removals, versions (in the state database)
    article_building/                   a Draft -> an Article, with all derived fields
    templating                          Jinja templates outside of web requests
    media/                              pictures, their renditions, share cards (Open Graph images)
    library/, catalog/                  the articles folder, and its SQLite index
    importing/, feeds/, exports/        web pages and documents -> article files; articles -> feeds, PDF, EPUB …
    comments/                           readers' comments: validation, text -> HTML, import of other programs' exports
    editing/                            the editor: opens, changes and saves article files
    backup/                             articles and state -> one file, and back
    webmentions/                        links of other sites to articles; notifications of sites that articles link to
    jobs/                               the export queue and its worker processes
    mail/                               mail to readers: requested files and the daily issue; queue and sender
    services                            the composition root: builds the objects above
    web/                                Flask views and WSGI middleware
    app, server/, wsgi, commands/, cli  the entry points: WSGI application, processes of `serve`, command line
"""

from __future__ import annotations

__version__ = "0.1.0"
