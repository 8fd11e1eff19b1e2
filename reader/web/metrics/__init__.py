"""Metrics of all web processes, and the clients that may read them."""
