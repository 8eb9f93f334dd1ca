-- Without people.

DROP TABLE notices;
DROP TABLE places;
DROP TABLE steps;
DROP TABLE tries;
DROP TABLE tickets;
DROP TABLE sessions;
DROP TABLE members;
DROP TABLE authenticators;
DROP TABLE users;
