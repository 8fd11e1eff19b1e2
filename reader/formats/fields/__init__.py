"""Fields of article files: front matter in all syntaxes, field names and values, and values that mark an article as not
public.
"""
