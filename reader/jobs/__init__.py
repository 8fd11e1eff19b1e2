"""Export jobs: a queue, a pool of worker processes, and the export service that web pages call.

The queue is in SQLite (``queue``), or in PostgreSQL for several machines (``shared_queue``); ``queue_contract`` has
what they share. ``share_cards_and_covers`` draws share cards, covers and home screen icons.
"""
