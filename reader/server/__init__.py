"""The processes of ``serve``: a main process that owns the listening socket, and web processes that accept on it.

The main process opens the socket, starts the web processes and restarts those that die. It has no threads and opens no
database. Each web process is forked from it; after a reload or an update it is a separate program. The processes share
only the socket.
"""
