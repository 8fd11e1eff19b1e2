"""Renders pages: templates, inline styles, titles, lists, the site's identity, error pages."""
