"""The processes of ``serve``: a main process that owns the listening socket, and web processes that accept on it.

The main process opens the socket, starts the web processes and restarts those that died. It has no threads and opens
no database. Each web process is forked from it, or after a reload or an update a program of its own; it shares only the
socket.
"""
