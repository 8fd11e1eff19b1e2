"""Readers' comments (我要评论): values, rules of acceptance, and storage.

    comment.py                            the values: Comment, Submission, Thread
    plain_text.py                         cleans the text that a visitor typed
    comment_html.py                       plain text -> HTML with paragraphs and links
    acceptance.py                         rejects comments, or selects them for review although comments are open
    word_list.py                          the operator's list of words
    default_mode.py                       the default of READER_COMMENTS
    signatures.py                         signed forms, the author's cookie, and daily pseudonyms of clients
    comment_tables.py                     the tables in the state database
    comment_queries.py, paging.py         read queries
    comment_writes.py, comment_count_updates.py  writes, and the derived columns updated with each write
    bulk_insert.py                        inserts many imported comments at once
    pending_limits.py                     limits on comments that wait for review
    comment_store.py                      CommentStore: reads and writes, one transaction per method
    importing/                            exports of other programs -> ImportedComment

No module here imports Flask or reads articles; ``web/`` and ``commands/`` do.
"""
