-- Questions that are to be carried out once, by the name that whoever asked gave to them.

CREATE TABLE repeats (
    who       TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    digest    BLOB    NOT NULL,  -- SHA-256 of the question
    object_id TEXT    NOT NULL,  -- what it made or changed
    at_ms     INTEGER NOT NULL,
    PRIMARY KEY (who, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX repeats_by_time ON repeats (at_ms);
