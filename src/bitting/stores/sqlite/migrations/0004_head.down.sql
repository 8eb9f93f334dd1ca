-- Without the journal's head.

DROP TABLE journal_head;
