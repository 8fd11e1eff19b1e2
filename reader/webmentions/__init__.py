"""Webmention (https://www.w3.org/TR/webmention/): what other sites' pages link to us, and telling sites we link to.

    pages.py                what a fetched page says: its links, its endpoint, its title and the words around a link
    page_child_requests.py  the same from a child process with limits, in which pages of strangers are parsed
    page_child.py           the program of that child process
    fetching.py             a page of another site, with limits
    mention_tables.py       the table of both directions in the state database
    mention_queue.py        MentionQueue: what waits to be verified or sent, with retries
    receiving.py            a mention -> a comment that waits for an editor; updates and removals
    sending.py              an article's links -> what is to be sent, and sending one
    worker.py               the thread of the indexing process

Nothing here knows Flask.
"""

from __future__ import annotations

RECEIVE, SEND, BOTH = "receive", "send", "both"
"""The values of READER_WEBMENTION; empty is off."""
