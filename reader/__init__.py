"""A mobile-first reader for article files.

Read the package in this order; each layer knows only the ones above it:

    errors, model, addresses            what we talk about, and where it lives (no I/O)
    settings, messages, database        READER_* variables; the message catalogue; opening SQLite files
    sanitizer, chinese                  safe HTML; Chinese text
    formats/                            a file's bytes  -> a Draft
    editing                             a Draft         -> an Article, everything derived
    rendering, store, images            templates without a web request; kept files; pictures
    library, catalog/                   the folder, and the index of it that all processes share
    importing/, feeds/, exports/        anything -> a file in articles/; articles -> feeds, PDF, EPUB …
    services                            the parts, wired together once
    web/                                HTTP in, HTTP out; decides nothing
    app, commands/, cli                 the two front doors
"""
