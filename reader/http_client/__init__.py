"""One HTTP client for all that goes out: import, pictures, WebSub. Bounded in bytes, time and redirects.

It reaches the public internet only, unless it is opened for private networks too.
"""
