-- Back to a row a record, with none in it.

DROP TABLE observed;
DROP TABLE admitted_actions;
DROP TABLE uses;
DROP TABLE decisions;
DROP TABLE names;
DROP TABLE likenesses;
DROP TABLE callers;
DROP TABLE activity_tellers;
DROP TABLE activity_spans;
DROP TABLE activity_pages;
DROP TABLE activity_head;

-- Whoever appears in the activity, once, so that each record names its six ids by one number.
CREATE TABLE callers (
    caller        INTEGER PRIMARY KEY,
    tenant_id     TEXT NOT NULL,
    account_id    TEXT NOT NULL,
    key_id        TEXT NOT NULL,
    credential_id TEXT NOT NULL,
    wire_id       TEXT NOT NULL,
    dialect       TEXT NOT NULL
) STRICT;
CREATE INDEX callers_by_key ON callers (key_id);
CREATE INDEX callers_by_account ON callers (account_id);

CREATE TABLE activity (
    row        INTEGER PRIMARY KEY,
    caller     INTEGER NOT NULL,
    at_ns      INTEGER NOT NULL,
    request_id TEXT    NOT NULL,
    claimed    TEXT    NOT NULL,  -- the wire id a stranger came with
    method     TEXT    NOT NULL,
    path       TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    pair       TEXT    NOT NULL,
    verdict    TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    shown      TEXT    NOT NULL,
    detail     TEXT    NOT NULL,
    agent      TEXT    NOT NULL,
    policy     INTEGER NOT NULL,
    value      TEXT    NOT NULL,
    currency   TEXT    NOT NULL,
    peer       BLOB    NOT NULL,  -- sealed
    status     INTEGER NOT NULL DEFAULT 0,
    note       TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX activity_by_caller ON activity (caller);
CREATE INDEX activity_by_request ON activity (request_id);

CREATE TABLE strangers (
    minute  INTEGER NOT NULL,
    dialect TEXT    NOT NULL,
    reason  TEXT    NOT NULL,
    times   INTEGER NOT NULL,
    PRIMARY KEY (minute, dialect, reason)
) STRICT, WITHOUT ROWID;
