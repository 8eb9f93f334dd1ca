-- Without tables of actions of the house's own.

DROP TABLE actions;
