"""WSGI middleware in front of Flask. These modules do not import Flask."""
