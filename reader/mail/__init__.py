"""Mail to readers: an article or an issue as a file, and the new issue each day or week. Off without READER_SMTP_URL.

    mail_models.py     the values: a reader's choice, a queued message, the limits per address
    mail_tables.py     the tables in the state database
    mail_writes.py     SQL statements that change the tables, in the caller's transaction
    mail_store.py      MailStore: requests and subscriptions, for web pages and the command line
    outbox.py          Outbox: the queue of messages, for the sender
    personal_data.py   exports and erases the data of one address
    editions.py        selects the articles of a daily or weekly mail
    messages.py        builds the messages as bytes
    attachments.py     formats and sizes of attached files, limits of Kindle
    file_message.py    builds the message with a requested file after an export worker has generated it
    smtp.py            connects to the SMTP server and sends one message
    bounded_smtp.py    SMTP connections that limit the length and time of a reply
    sending_record.py  records the message that this machine is sending
    sender.py          MailSender: the thread of one process that sends queued messages

No module here imports Flask. SQLAlchemy is imported at the first transaction.
"""
