"""Export jobs: a queue in SQLite, a pool of worker processes, and the export service that web pages call.

``share_cards_and_covers`` draws share cards, covers and home screen icons.
"""
