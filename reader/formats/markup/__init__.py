"""Shared by the formats AsciiDoc, Org and reStructuredText, which are lightweight markup languages."""
