-- What people still have to sign: confirmations, which live for minutes, and approvals of a second person.

CREATE TABLE papers (
    kind     TEXT    NOT NULL,
    paper_id TEXT    NOT NULL,
    owner    TEXT    NOT NULL,  -- the session of a confirmation
    waits    INTEGER NOT NULL CHECK (waits IN (0, 1)),
    until_ms INTEGER NOT NULL,
    paper    TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    mac      BLOB    NOT NULL,
    PRIMARY KEY (kind, paper_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX papers_by_owner ON papers (kind, owner, until_ms);
CREATE INDEX papers_waiting ON papers (kind, waits, until_ms);
