CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE article_versions (
    digest TEXT NOT NULL,
    content BLOB NOT NULL,
    CONSTRAINT pk_article_versions PRIMARY KEY (digest)
);
CREATE TABLE comment_acts (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    comment INTEGER NOT NULL,
    act TEXT NOT NULL,
    "by" TEXT NOT NULL,
    at BIGINT NOT NULL,
    note TEXT NOT NULL
);
CREATE TABLE comment_counts (
    page TEXT NOT NULL,
    comments INTEGER NOT NULL,
    threads INTEGER NOT NULL,
    CONSTRAINT pk_comment_counts PRIMARY KEY (page)
);
CREATE TABLE comment_keys (
    name TEXT NOT NULL,
    "key" BLOB NOT NULL,
    CONSTRAINT pk_comment_keys PRIMARY KEY (name)
);
CREATE TABLE comments (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    page TEXT NOT NULL,
    thread INTEGER NOT NULL,
    reply_to INTEGER NOT NULL,
    posted_at BIGINT NOT NULL,
    edited_at BIGINT,
    is_paper BOOLEAN NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    status TEXT NOT NULL,
    author TEXT NOT NULL,
    client TEXT NOT NULL,
    digest TEXT NOT NULL,
    reasons TEXT NOT NULL,
    origin TEXT NOT NULL, answers INTEGER DEFAULT '0' NOT NULL, is_shown BOOLEAN DEFAULT 0 NOT NULL, network TEXT DEFAULT '' NOT NULL,
    CONSTRAINT uq_comments_origin UNIQUE (origin)
);
CREATE TABLE editor_acts (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at BIGINT NOT NULL,
    editor TEXT NOT NULL,
    act TEXT NOT NULL,
    path TEXT NOT NULL,
    "before" TEXT NOT NULL,
    "after" TEXT NOT NULL
);
CREATE TABLE editors (
    name TEXT NOT NULL,
    token_digest TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    CONSTRAINT pk_editors PRIMARY KEY (name),
    CONSTRAINT uq_editors_token_digest UNIQUE (token_digest)
);
CREATE TABLE export_jobs (
    "key" TEXT NOT NULL,
    build TEXT NOT NULL,
    spec TEXT NOT NULL,
    state TEXT NOT NULL,
    background INTEGER NOT NULL,
    queued_at BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    message TEXT NOT NULL,
    holder TEXT NOT NULL,
    leased_until BIGINT NOT NULL,
    CONSTRAINT pk_export_jobs PRIMARY KEY ("key")
);
CREATE TABLE export_pools (
    holder TEXT NOT NULL,
    build TEXT NOT NULL,
    ready_until BIGINT NOT NULL,
    CONSTRAINT pk_export_pools PRIMARY KEY (holder)
);
CREATE TABLE history_identity (
    id TEXT NOT NULL,
    CONSTRAINT pk_history_identity PRIMARY KEY (id)
);
CREATE TABLE history_moved (
    slug TEXT NOT NULL,
    target TEXT NOT NULL,
    CONSTRAINT pk_history_moved PRIMARY KEY (slug)
);
CREATE TABLE history_original_slugs (
    slug TEXT NOT NULL,
    original TEXT NOT NULL,
    CONSTRAINT pk_history_original_slugs PRIMARY KEY (slug)
);
CREATE TABLE history_recorded (
    slug TEXT NOT NULL,
    version TEXT NOT NULL,
    digest TEXT NOT NULL,
    path TEXT NOT NULL,
    title TEXT NOT NULL,
    changed TEXT NOT NULL,
    CONSTRAINT pk_history_recorded PRIMARY KEY (slug)
);
CREATE TABLE history_removed (
    slug TEXT NOT NULL,
    title TEXT NOT NULL,
    removed_at BIGINT NOT NULL,
    CONSTRAINT pk_history_removed PRIMARY KEY (slug)
);
CREATE TABLE history_revised (
    slug TEXT NOT NULL,
    version TEXT NOT NULL,
    revised_at BIGINT NOT NULL,
    CONSTRAINT pk_history_revised PRIMARY KEY (slug)
);
CREATE TABLE history_versions (
    id INTEGER NOT NULL,
    slug TEXT NOT NULL,
    version TEXT NOT NULL,
    digest TEXT NOT NULL,
    title TEXT NOT NULL,
    changed TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    CONSTRAINT pk_history_versions PRIMARY KEY (id)
);
CREATE TABLE mail_blocked (
    address_hash TEXT NOT NULL,
    at BIGINT NOT NULL,
    CONSTRAINT pk_mail_blocked PRIMARY KEY (address_hash)
);
CREATE TABLE mail_counts (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    subject TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE TABLE mail_editions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    frequency TEXT NOT NULL,
    day TEXT NOT NULL,
    slugs TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    CONSTRAINT uq_mail_editions_frequency_day UNIQUE (frequency, day)
);
CREATE TABLE mail_keys (
    name TEXT NOT NULL,
    "key" BLOB NOT NULL,
    CONSTRAINT pk_mail_keys PRIMARY KEY (name)
);
CREATE TABLE mail_outbox (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    turn INTEGER NOT NULL,
    address TEXT NOT NULL,
    subscriber INTEGER NOT NULL,
    origin TEXT NOT NULL,
    content TEXT NOT NULL,
    status TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    made_at BIGINT NOT NULL,
    done_at BIGINT,
    reason TEXT NOT NULL,
    CONSTRAINT uq_mail_outbox_origin UNIQUE (origin)
);
CREATE TABLE mail_requests (
    token_hash TEXT NOT NULL,
    address TEXT NOT NULL,
    frequency TEXT NOT NULL,
    script TEXT NOT NULL,
    locale TEXT NOT NULL,
    back TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    CONSTRAINT pk_mail_requests PRIMARY KEY (token_hash)
);
CREATE TABLE mail_subscribers (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL,
    address_key TEXT NOT NULL,
    frequency TEXT NOT NULL,
    script TEXT NOT NULL,
    locale TEXT NOT NULL,
    secret TEXT NOT NULL,
    confirmed_at BIGINT NOT NULL,
    stopped_at BIGINT,
    reason TEXT NOT NULL,
    refusals INTEGER NOT NULL,
    CONSTRAINT uq_mail_subscribers_address_key UNIQUE (address_key)
);
CREATE TABLE state_changes (
    revision BIGINT NOT NULL,
    topic TEXT NOT NULL,
    "key" TEXT NOT NULL,
    CONSTRAINT pk_state_changes PRIMARY KEY (revision)
);
CREATE TABLE state_revision (
    value BIGINT NOT NULL
);
CREATE TABLE webmentions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    is_sent BOOLEAN NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    page TEXT NOT NULL,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at BIGINT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT uq_webmentions_source_target UNIQUE (source, target)
);
CREATE INDEX ix_comment_acts_comment ON comment_acts (comment);
CREATE INDEX ix_comments_answers ON comments (thread, status, posted_at, id);
CREATE INDEX ix_comments_author ON comments (author, page);
CREATE INDEX ix_comments_client ON comments (client, posted_at);
CREATE INDEX ix_comments_digest ON comments (digest);
CREATE INDEX ix_comments_network ON comments (network, posted_at);
CREATE INDEX ix_comments_newest ON comments (page, status, posted_at, id);
CREATE INDEX ix_comments_shown ON comments (page, is_shown, posted_at, id);
CREATE INDEX ix_comments_status ON comments (status, posted_at);
CREATE INDEX ix_editor_acts_path ON editor_acts (path, id);
CREATE INDEX ix_export_jobs_turn ON export_jobs (build, state, background, queued_at);
CREATE INDEX ix_history_versions_slug ON history_versions (slug);
CREATE INDEX ix_mail_counts_subject ON mail_counts (subject, at);
CREATE INDEX ix_mail_outbox_due ON mail_outbox (status, turn, due_at);
CREATE INDEX ix_mail_outbox_subscriber ON mail_outbox (subscriber);
CREATE INDEX ix_mail_subscribers_frequency ON mail_subscribers (frequency);
CREATE INDEX ix_webmentions_page ON webmentions (page);
CREATE INDEX ix_webmentions_status ON webmentions (status, due_at);
INSERT INTO alembic_version VALUES ('comments_0002');
INSERT INTO alembic_version VALUES ('editing_0001');
INSERT INTO alembic_version VALUES ('history_0001');
INSERT INTO alembic_version VALUES ('jobs_0001');
INSERT INTO alembic_version VALUES ('mail_0001');
INSERT INTO alembic_version VALUES ('state_0001');
INSERT INTO alembic_version VALUES ('webmentions_0001');
INSERT INTO history_identity VALUES (lower(hex(randomblob(16))));
INSERT INTO state_revision VALUES (0);
