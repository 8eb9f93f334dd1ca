-- Activity in pages, by day; and counted by minute, hour and day.
--
-- The records of states before the first release are not carried over: what is sealed and marked here was not there.
-- A partition is the leading column of a key and not a table: a dropped table is freed page by page just as well, all in
-- one go while everybody waits, and a table made at midnight has every statement compiled anew.

DROP TABLE strangers;
DROP TABLE activity;
DROP TABLE callers;

CREATE TABLE activity_head (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    first_page INTEGER NOT NULL,
    last_page  INTEGER NOT NULL,
    mark       BLOB    NOT NULL,
    seal       BLOB    NOT NULL
) STRICT;

CREATE TABLE activity_pages (
    page      INTEGER PRIMARY KEY,
    oldest_ns INTEGER NOT NULL,
    top_ns    INTEGER NOT NULL,
    before    BLOB    NOT NULL,
    mark      BLOB    NOT NULL,
    body      BLOB    NOT NULL
) STRICT;

-- In which spans of pages (64, see stores/pages.py) of a day a caller's records are.
CREATE TABLE activity_spans (
    day    INTEGER NOT NULL,
    caller INTEGER NOT NULL,
    span   INTEGER NOT NULL,
    PRIMARY KEY (day, caller, span)
) STRICT, WITHOUT ROWID;

-- Which later page tells what became of a page's records.
CREATE TABLE activity_tellers (
    page   INTEGER NOT NULL,
    teller INTEGER NOT NULL,
    PRIMARY KEY (page, teller)
) STRICT, WITHOUT ROWID;

-- Whoever appears in the activity, once, so that each record names its six ids by one number.
CREATE TABLE callers (
    caller        INTEGER PRIMARY KEY,
    tenant_id     TEXT NOT NULL,
    account_id    TEXT NOT NULL,
    key_id        TEXT NOT NULL,
    credential_id TEXT NOT NULL,
    wire_id       TEXT NOT NULL,
    dialect       TEXT NOT NULL,
    mark          BLOB NOT NULL
) STRICT;
CREATE INDEX callers_by_key ON callers (key_id);
CREATE INDEX callers_by_account ON callers (account_id);

-- By what counted decisions are alike, beside their caller.
CREATE TABLE likenesses (
    likeness INTEGER PRIMARY KEY,
    action   TEXT NOT NULL,
    verdict  TEXT NOT NULL,
    reason   TEXT NOT NULL,
    UNIQUE (action, verdict, reason)
) STRICT;

-- Addresses, blocks and clients of callers, sealed.
CREATE TABLE names (
    name     INTEGER PRIMARY KEY,
    caller   INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    mark     BLOB    NOT NULL UNIQUE,
    box      BLOB    NOT NULL,
    first_ns INTEGER NOT NULL,
    last_ns  INTEGER NOT NULL,
    times    INTEGER NOT NULL
) STRICT;
CREATE INDEX names_by_caller ON names (caller);

-- What is counted at one time lies together, so that it is written together and goes together.
CREATE TABLE decisions (
    step     TEXT    NOT NULL,
    period   INTEGER NOT NULL,  -- since 1970, in steps
    caller   INTEGER NOT NULL,
    likeness INTEGER NOT NULL,
    block    INTEGER NOT NULL,
    client   INTEGER NOT NULL,
    times    INTEGER NOT NULL,
    PRIMARY KEY (step, period, caller, likeness, block, client)
) STRICT, WITHOUT ROWID;

CREATE TABLE uses (
    caller  INTEGER PRIMARY KEY,
    at_ns   INTEGER NOT NULL,
    address INTEGER NOT NULL,
    client  INTEGER NOT NULL,
    method  TEXT    NOT NULL,
    path    TEXT    NOT NULL
) STRICT;

CREATE TABLE admitted_actions (
    caller INTEGER NOT NULL,
    action TEXT    NOT NULL,
    at_ns  INTEGER NOT NULL,
    PRIMARY KEY (caller, action)
) STRICT, WITHOUT ROWID;

CREATE TABLE observed (
    hour     INTEGER NOT NULL,
    caller   INTEGER NOT NULL,
    claimed  TEXT    NOT NULL,  -- the wire id a stranger came with
    verdict  TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    times    INTEGER NOT NULL,
    refused  INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    newest   TEXT    NOT NULL,  -- request ids
    PRIMARY KEY (hour, caller, claimed, verdict, reason)
) STRICT, WITHOUT ROWID;
