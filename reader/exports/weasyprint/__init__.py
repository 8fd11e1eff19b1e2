"""PDF by WeasyPrint: rendering, justification, tagging, and caching patches."""
