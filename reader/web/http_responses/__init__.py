"""HTTP responses: conditional, compressed, of files; their security policy, and the path of the site in them."""
