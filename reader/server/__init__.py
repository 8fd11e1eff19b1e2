"""``serve``: one main process that holds the listening socket, and web processes that answer on it.

The main process opens the socket, starts the web processes and replaces the dead; it opens no database, no thread
and no article. Each web process is a program of its own (no fork): it shares nothing but the socket.
"""
