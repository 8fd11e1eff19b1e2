"""Comments and Webmentions on pages: whether they are accepted, and how they are shown and cached."""
