"""Mail to readers: an article or an issue as a file, and the new issue each day or week. Off without READER_SMTP_URL.

    mail_models.py     the values: what a reader chose, what is queued, what an address may get
    mail_tables.py     the tables in the state database
    mail_writes.py     changes of them, in the caller's transaction
    mail_store.py      MailStore: what web pages and the command ask and change, a transaction a method
    outbox.py          Outbox: what the sender asks and changes
    personal_data.py   everything that is kept of one address: exported, erased
    editions.py        which articles the mail of a day or a week holds
    messages.py        the messages, as bytes
    attachments.py     the files that are attached, and what Kindle takes
    file_message.py    an ordered file as a message, once an export worker has made it
    smtp.py            a connection to the SMTP server, and one message handed over
    smtp_replies.py    replies of the server that end
    sending_record.py  which message this machine was just sending
    sender.py          MailSender: the thread of one process that sends what is queued

Nothing here knows Flask. SQLAlchemy is imported at the first transaction.
"""
