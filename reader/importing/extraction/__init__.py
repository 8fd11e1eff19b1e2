"""Extracts the article from a web page: the element that contains it, its clean HTML, its metadata."""
