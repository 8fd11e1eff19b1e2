"""A mobile-first reader for article files.

Read the package in this order; each layer knows only the ones above it:

    i18n                                the message catalogue; messages that can be translated later
    errors, models, urls                what we talk about, and where it lives (no I/O)
    settings                            READER_* variables
    storage/                            files by key, SQLite databases, lock files
    child_process/                      work in a child process with limits of memory and time
    http_client/                        what goes out: bounded, and to the public internet only
    sanitizer/, chinese/                safe HTML; Chinese text, Simplified and Traditional
    formats/                            a file's bytes  -> a Draft, and a Draft -> Markdown
    editing/                            a Draft         -> an Article, everything derived
    templating                          templates without a web request
    media/                              pictures, their renditions, share cards
    library/, catalog/                  the folder, and the index of it that all processes share
    importing/, feeds/, exports/        anything -> a file in articles/; articles -> feeds, PDF, EPUB …
    jobs/                               exports made in worker processes
    services                            the parts, wired together once
    web/                                HTTP in, HTTP out; decides nothing
    app, server/, wsgi, commands/, cli  the two front doors; the processes of `serve`
"""

from __future__ import annotations

__version__ = "0.1.0"
