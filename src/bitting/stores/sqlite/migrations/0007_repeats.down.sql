-- Without names for questions.

DROP TABLE repeats;
