"""A mobile-first reader for article files.

Read the package in this order; each layer knows only the ones above it:

    errors, model, addresses            what we talk about, and where it lives (no I/O)
    settings, messages                  READER_* variables; the message catalogue
    locks, database                     one process among all; opening SQLite files
    sanitizer, chinese, script          safe HTML; Chinese text; Simplified and Traditional
    formats/                            a file's bytes  -> a Draft
    editing                             a Draft         -> an Article, everything derived
    rendering, store                    templates without a web request; kept files
    images, darkroom, cards             pictures, their making in a process of its own; share cards
    library, keeper, catalog/           the folder, and the index of it that all processes share
    importing/, feeds/, exports/        anything -> a file in articles/; articles -> feeds, PDF, EPUB …
    services                            the parts, wired together once
    web/                                HTTP in, HTTP out; decides nothing
    app, commands/, cli                 the two front doors
"""
