"""The HTTP client for all outgoing requests, such as import, pictures, WebSub and Webmention.

It limits bytes and time, and refuses addresses of private networks (SSRF protection) unless the caller allows them.
"""
