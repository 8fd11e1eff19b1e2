"""Readers' comments (我要评论): what they are, what is accepted, and where they are kept.

    comment.py                            the values: Comment, Submission, Thread
    plain_text.py                         what a visitor typed -> text without tricks
    comment_html.py                       that text -> HTML with paragraphs and links
    acceptance.py                         what is refused, and what waits for an editor although comments are open
    word_list.py                          the operator's list of words
    default_mode.py                       whether there are comments without READER_COMMENTS
    signatures.py                         signed forms, the author's cookie, and the client's pseudonym of a day
    comment_tables.py                     the tables in the state database
    comment_queries.py, paging.py         questions to them
    comment_writes.py, comment_counts.py  changes of them, and what is derived with each
    bulk_insert.py                        imported comments, many at once
    pending_limits.py                     how many may wait for an editor
    comment_store.py                      CommentStore: both, a transaction a method
    importing/                            comments of other programs -> ImportedComment

Nothing here knows Flask or the articles; ``web/`` and ``commands/`` do.
"""
