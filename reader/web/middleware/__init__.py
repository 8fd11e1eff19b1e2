"""WSGI layers in front of Flask; they know WSGI and HTTP, and no Flask."""
