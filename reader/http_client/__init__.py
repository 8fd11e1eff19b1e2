"""The HTTP client for all outgoing requests: import, pictures, WebSub. It limits bytes, time and redirects.

It refuses addresses of private networks (SSRF protection) unless the caller allows them.
"""
