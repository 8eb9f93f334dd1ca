-- The first shape of the house.
--
-- STRICT: a column holds its own type and nothing else. Tables that belong to accounts have tenant_id, account_id in
-- front of their key. Protected rows carry a MAC (see stores/rows.py); what they say is judged by code, not here.

PRAGMA application_id = 0x42697474;  -- "Bitt": so that file(1) and we know the file

CREATE TABLE ground (
    one             INTEGER PRIMARY KEY CHECK (one = 1),
    floor_ns        INTEGER NOT NULL,
    backed_up_at_ns INTEGER NOT NULL,
    restored_at_ns  INTEGER NOT NULL,
    settled         INTEGER NOT NULL CHECK (settled IN (0, 1))
) STRICT;
INSERT INTO ground VALUES (1, 0, 0, 0, 1);

CREATE TABLE shards (
    environment TEXT    NOT NULL,
    shard       INTEGER NOT NULL,
    box         BLOB    NOT NULL,
    PRIMARY KEY (environment, shard)
) STRICT, WITHOUT ROWID;

CREATE TABLE house (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    policy  TEXT    NOT NULL,
    version INTEGER NOT NULL,
    mac     BLOB    NOT NULL
) STRICT;

CREATE TABLE accounts (
    tenant_id     TEXT    NOT NULL,
    account_id    TEXT    NOT NULL UNIQUE,
    name          TEXT    NOT NULL,
    policy        TEXT    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    mac           BLOB    NOT NULL,
    PRIMARY KEY (tenant_id, account_id)
) STRICT;
CREATE INDEX accounts_by_name ON accounts (name);

-- A table of its own, for destroying a row here destroys what lies under it. The house's own key has '' twice.
CREATE TABLE account_keys (
    tenant_id  TEXT    NOT NULL,
    account_id TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    shard      INTEGER NOT NULL,
    box        BLOB    NOT NULL,
    PRIMARY KEY (tenant_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
    tenant_id     TEXT    NOT NULL,
    account_id    TEXT    NOT NULL,
    key_id        TEXT    NOT NULL UNIQUE,
    environment   TEXT    NOT NULL,
    dialect       TEXT    NOT NULL,
    wire_id       TEXT    NOT NULL,
    imported      INTEGER NOT NULL,
    label         TEXT    NOT NULL,
    policy        TEXT    NOT NULL,
    holds         TEXT    NOT NULL,
    revoked_at_ms INTEGER,
    created_at_ms INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    mac           BLOB    NOT NULL,
    PRIMARY KEY (tenant_id, account_id, key_id),
    UNIQUE (wire_id, dialect, environment),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts
) STRICT;
CREATE INDEX keys_by_label ON keys (label);

CREATE TABLE credentials (
    tenant_id     TEXT    NOT NULL,
    account_id    TEXT    NOT NULL,
    key_id        TEXT    NOT NULL,
    place         INTEGER NOT NULL,  -- 0 for the first; the order is part of the key's MAC
    credential_id TEXT    NOT NULL,
    algorithm     TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    version       INTEGER NOT NULL,
    material      BLOB    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    retires_at_ms INTEGER,
    nonce_mode    TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, account_id, key_id, place),
    FOREIGN KEY (tenant_id, account_id, key_id) REFERENCES keys
) STRICT, WITHOUT ROWID;

CREATE TABLE journal_leaves (
    leaf_index INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL,
    object_id  TEXT NOT NULL,
    leaf       BLOB NOT NULL
) STRICT;
CREATE INDEX journal_leaves_by_object ON journal_leaves (kind, object_id);

CREATE TABLE journal_nodes (
    level INTEGER NOT NULL,
    place INTEGER NOT NULL,
    hash  BLOB    NOT NULL,
    PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY,
    note TEXT NOT NULL
) STRICT;

CREATE TABLE spent_consents (
    consent_id    TEXT PRIMARY KEY,
    expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE marks (
    tenant_id     TEXT    NOT NULL,
    account_id    TEXT    NOT NULL,
    credential_id TEXT    NOT NULL UNIQUE,
    mark          INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, account_id, credential_id)
) STRICT, WITHOUT ROWID;

-- A scope is a key id or an account id, which is all the gate knows where it counts.
CREATE TABLE sums (
    scope    TEXT    NOT NULL,
    day      INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    amount   TEXT    NOT NULL,  -- decimal digits
    PRIMARY KEY (scope, day, kind, currency)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE unmapped (
    dialect    TEXT    NOT NULL,
    method     TEXT    NOT NULL,
    path       TEXT    NOT NULL,
    times      INTEGER NOT NULL,
    last_at_ns INTEGER NOT NULL,
    PRIMARY KEY (dialect, method, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE strangers (
    minute  INTEGER NOT NULL,
    dialect TEXT    NOT NULL,
    reason  TEXT    NOT NULL,
    times   INTEGER NOT NULL,
    PRIMARY KEY (minute, dialect, reason)
) STRICT, WITHOUT ROWID;
