"""Webmention (https://www.w3.org/TR/webmention/): receives and verifies links to articles, and notifies linked sites.

    pages.py                parses a fetched page: its links, its endpoint, its title and the text around a link
    page_child_requests.py  calls pages.py in a child process with limits, because pages of other sites are untrusted
    page_child.py           the program of that child process
    fetching.py             fetches a page of another site, with limits
    mention_tables.py       the table of received and sent mentions in the state database
    mention_queue.py        MentionQueue: mentions to verify or to send, with retries
    receiving.py            a verified mention -> a pending comment; updates and removals
    sending.py              sends one mention
    worker.py               the thread of the indexing process that verifies and sends

No module in this folder imports Flask.
"""

from __future__ import annotations

RECEIVE, SEND, BOTH = "receive", "send", "both"
"""The values of READER_WEBMENTION. Empty disables Webmention."""
