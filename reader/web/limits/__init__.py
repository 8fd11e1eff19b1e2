"""Limits of what one client, one form or one page may use."""
