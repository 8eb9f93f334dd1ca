-- People: who they are (sealed), what proves them, and what is known about their signing in.

CREATE TABLE users (
    tenant_id     TEXT    NOT NULL,
    user_id       TEXT    NOT NULL UNIQUE,
    mark          BLOB    NOT NULL UNIQUE,  -- of the name
    name          BLOB    NOT NULL,         -- sealed
    policy        TEXT    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    mac           BLOB    NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
) STRICT;

CREATE TABLE authenticators (
    user_id          TEXT    NOT NULL REFERENCES users (user_id),
    place            INTEGER NOT NULL,  -- 0 for the first; the order is part of the user's MAC
    authenticator_id TEXT    NOT NULL,
    factor           TEXT    NOT NULL,
    label            TEXT    NOT NULL,
    material         BLOB    NOT NULL,  -- sealed
    created_at_ms    INTEGER NOT NULL,
    PRIMARY KEY (user_id, place)
) STRICT, WITHOUT ROWID;

-- Repeats what the user's policy says, to be searched by; account_id is '' for people of the house.
CREATE TABLE members (
    account_id TEXT NOT NULL,
    user_id    TEXT NOT NULL REFERENCES users (user_id),
    PRIMARY KEY (account_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_user ON members (user_id);

CREATE TABLE sessions (
    session_id    TEXT    PRIMARY KEY,
    user_id       TEXT    NOT NULL,
    token         BLOB    NOT NULL UNIQUE,  -- SHA-256
    epoch         INTEGER NOT NULL,
    how           TEXT    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    until_ms      INTEGER NOT NULL,
    seen_at_ms    INTEGER NOT NULL,
    box           BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user_id, created_at_ms, session_id);
CREATE INDEX sessions_by_end ON sessions (until_ms);

CREATE TABLE tickets (
    number        INTEGER PRIMARY KEY,  -- the lowest is the oldest
    digest        BLOB    NOT NULL UNIQUE,
    purpose       TEXT    NOT NULL,
    user_id       TEXT    NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    box           BLOB    NOT NULL,
    begun         INTEGER NOT NULL CHECK (begun IN (0, 1))  -- by anybody, and so to be forgotten when there are many
) STRICT;
CREATE INDEX tickets_begun ON tickets (number) WHERE begun = 1;
CREATE INDEX tickets_by_user ON tickets (user_id);
CREATE INDEX tickets_by_end ON tickets (expires_at_ms);

CREATE TABLE tries (
    number      INTEGER PRIMARY KEY,
    scope       BLOB    NOT NULL UNIQUE,
    failures    INTEGER NOT NULL,
    first_at_ms INTEGER NOT NULL,
    last_at_ms  INTEGER NOT NULL,
    known       INTEGER NOT NULL CHECK (known IN (0, 1))
) STRICT;
CREATE INDEX tries_of_nobody ON tries (number) WHERE known = 0;

CREATE TABLE steps (
    authenticator_id TEXT    PRIMARY KEY,
    step             INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE places (
    user_id TEXT    NOT NULL,
    place   BLOB    NOT NULL,
    at_ms   INTEGER NOT NULL,
    PRIMARY KEY (user_id, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE notices (
    number     INTEGER PRIMARY KEY,
    user_id    TEXT    NOT NULL,
    leaf       INTEGER NOT NULL,
    failures   INTEGER NOT NULL,
    next_at_ms INTEGER NOT NULL
) STRICT;
