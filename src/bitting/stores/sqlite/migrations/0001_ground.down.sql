-- Back to an empty file, with everything in it gone.

DROP TABLE strangers;
DROP TABLE unmapped;
DROP TABLE activity;
DROP TABLE callers;
DROP TABLE sums;
DROP TABLE marks;
DROP TABLE spent_consents;
DROP TABLE checkpoints;
DROP TABLE journal_nodes;
DROP TABLE journal_leaves;
DROP TABLE credentials;
DROP TABLE keys;
DROP TABLE account_keys;
DROP TABLE accounts;
DROP TABLE house;
DROP TABLE shards;
DROP TABLE ground;
PRAGMA application_id = 0;
