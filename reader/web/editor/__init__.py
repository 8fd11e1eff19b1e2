"""The editor's desk: sessions, tokens, forms, previews, and the audit log. Its pages are in ``views/``."""
