-- The journal's head: how many leaves there are, and the root over them, under a MAC. It is written with every leaf; in a
-- journal that was begun before, with the next one.

CREATE TABLE journal_head (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    size INTEGER NOT NULL,
    root BLOB    NOT NULL,
    mac  BLOB    NOT NULL
) STRICT;
