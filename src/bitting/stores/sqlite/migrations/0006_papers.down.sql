-- Without what people still have to sign.

DROP TABLE papers;
