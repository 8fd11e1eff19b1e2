"""The processes of ``serve``: a main process that owns the listening socket, and web processes that accept on it.

The main process opens the socket, starts the web processes and restarts those that died. It has no threads and opens
no database. Each web process is started with exec, not forked: it shares only the socket.
"""
