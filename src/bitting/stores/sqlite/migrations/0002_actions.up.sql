-- The house's own tables of actions, one for each dialect it has routes of its own in.

CREATE TABLE actions (
    dialect TEXT    PRIMARY KEY,
    actions TEXT    NOT NULL,
    version INTEGER NOT NULL,
    mac     BLOB    NOT NULL
) STRICT;
