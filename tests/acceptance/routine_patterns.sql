-- Functions and procedures in SQL, CALL, transactions. Read by test_further_patterns.py.
-- @U00 setup
CREATE OR REPLACE TABLE emp (id INT, name VARCHAR, dept VARCHAR, pay NUMBER(10,2));
INSERT INTO emp VALUES (1,'Ada','eng',100),(2,'Bo','eng',80),(3,'Cy','ops',75);
CREATE OR REPLACE TABLE notes (id INT, body VARCHAR);
INSERT INTO notes VALUES (1,'I love it'),(2,'Awful and broken'),(3,NULL);
-- check: [str(r.error) for r in results if r.error] == []
-- @U01 scalar subquery body with a correlated argument and clashing names
CREATE OR REPLACE FUNCTION dept_count(dept VARCHAR) RETURNS NUMBER AS 'SELECT COUNT(*) FROM emp e WHERE e.dept = dept_count_arg(dept)';
CREATE OR REPLACE FUNCTION team_size(d VARCHAR) RETURNS NUMBER AS 'SELECT COUNT(*) FROM emp e WHERE e.dept = d';
SELECT e.name, team_size(e.dept) AS n, team_size(dept) AS m FROM emp e ORDER BY e.id;
-- check: results[0].error is not None and rows == [('Ada',2,2),('Bo',2,2),('Cy',1,1)]
-- @U02 unqualified outer column with the same name as one inside
CREATE OR REPLACE FUNCTION better_paid(p NUMBER) RETURNS NUMBER AS $$ (SELECT COUNT(*) FROM emp WHERE pay > p) $$;
SELECT id, better_paid(pay) AS n FROM emp ORDER BY id;
-- check: rows == [(1,0),(2,1),(3,2)]
-- @U03 UDF in WHERE, GROUP BY, HAVING, ORDER BY, CASE
CREATE OR REPLACE FUNCTION band(p FLOAT) RETURNS VARCHAR AS $$ CASE WHEN p >= 90 THEN 'high' ELSE 'low' END $$;
SELECT band(pay) AS b, COUNT(*) AS n FROM emp WHERE band(pay) IN ('high','low') GROUP BY band(pay) HAVING COUNT(*) > 0 ORDER BY band(pay);
-- check: rows == [('high',1),('low',2)]
-- @U04 UDF with AI counted once per input
CREATE OR REPLACE FUNCTION mood(t VARCHAR) RETURNS VARCHAR LANGUAGE SQL COMMENT = 'label' AS $$
  AI_SENTIMENT(t):categories[0]:sentiment::STRING
$$;
SELECT id, mood(body) AS m, IFF(mood(body) = 'negative', 'call', 'ok') AS todo FROM notes ORDER BY id;
-- check: rows == [(1,'positive','ok'),(2,'negative','call'),(3,None,'ok')] and meter.model_inputs == 2
-- @U05 nested UDFs, default arguments, named arguments
CREATE OR REPLACE FUNCTION add_tax(x NUMBER(10,2), rate NUMBER(5,2) DEFAULT 0.25) RETURNS NUMBER(10,2) AS 'x * (1 + rate)';
CREATE OR REPLACE FUNCTION twice_taxed(x NUMBER(10,2)) RETURNS NUMBER(10,2) AS 'add_tax(add_tax(x))';
SELECT add_tax(100) AS a, add_tax(100, 0.1) AS b, add_tax(x => 100, rate => 0.5) AS c, twice_taxed(16) AS d, add_tax(rate => 0, x => 7) AS e;
-- check: near([float(v) for v in rows[0]], [125.0, 110.0, 150.0, 25.0, 7.0])
-- @U06 overloads by number of arguments
CREATE OR REPLACE FUNCTION f1(x INT) RETURNS INT AS 'x + 1';
CREATE OR REPLACE FUNCTION f1(x INT, y INT) RETURNS INT AS 'x + y';
SELECT f1(1) AS a, f1(1, 5) AS b;
DROP FUNCTION f1(INT);
SELECT f1(1);
-- check: results[2].rows == [(2, 6)] and error is not None and 'F1' in error.message
-- @U07 recursion is refused
CREATE OR REPLACE FUNCTION r1(x INT) RETURNS INT AS 'x';
CREATE OR REPLACE FUNCTION r2(x INT) RETURNS INT AS 'r1(x)';
CREATE OR REPLACE FUNCTION r1(x INT) RETURNS INT AS 'r2(x)';
-- check: results[0].error is None or error is not None
-- @U08 python is refused by name
CREATE FUNCTION py(x INT) RETURNS INT LANGUAGE PYTHON RUNTIME_VERSION = '3.11' HANDLER = 'f' AS $$
def f(x):
  return x
$$;
-- check: error is not None and 'PYTHON' in error.message and error.hint
-- @U09 a mistake in the body is told at creation
CREATE FUNCTION broken(x INT) RETURNS INT AS 'x + nothing_here';
CREATE FUNCTION broken2(x INT) RETURNS INT AS 'SELECT FROM';
CREATE FUNCTION broken3(x INT) RETURNS INT AS '';
-- check: all(r.error is not None and r.error.hint for r in results)
-- @U10 table function with lateral join and AI
CREATE OR REPLACE FUNCTION words(t VARCHAR) RETURNS TABLE (w VARCHAR, n INT) AS 'SELECT value, LENGTH(value) FROM TABLE(SPLIT_TO_TABLE(t, '' ''))';
SELECT id, w, n FROM notes, TABLE(words(body)) ORDER BY id, w;
SELECT COUNT(*) FROM TABLE(words('a bb ccc')) x WHERE x.n > 1;
-- check: results[1].rows[0] == (2,'Awful',5) or results[1].rows[0] == (1,'I',1) and rows == [(2,)]
-- @U11 UDF in a view and in CREATE TABLE AS
CREATE OR REPLACE VIEW v_band AS SELECT id, band(pay) AS b FROM emp;
CREATE OR REPLACE TABLE t_band AS SELECT b, COUNT(*) AS n FROM v_band GROUP BY b;
SELECT * FROM t_band ORDER BY b;
-- check: rows == [('high',1),('low',2)]
-- @U12 casts of arguments and result
CREATE OR REPLACE FUNCTION as_int(x NUMBER) RETURNS INT AS 'x';
CREATE OR REPLACE FUNCTION obj(k VARCHAR, v VARIANT) RETURNS OBJECT AS 'OBJECT_CONSTRUCT(k, v)';
SELECT as_int('12') AS a, as_int(2.6) AS b, obj('a', 5):a::INT AS c, obj('l', [1,2]):l[1]::INT AS d, as_int(NULL) AS e;
-- check: rows == [(12, 3, 5, 2, None)]
-- @U13 show and drop
SHOW USER FUNCTIONS;
DROP FUNCTION IF EXISTS nothing(INT);
DROP FUNCTION add_tax(NUMBER(10,2), NUMBER);
SELECT add_tax(1);
-- check: 'BAND' in [r[1] for r in results[0].rows] and results[1].error is None and results[2].error is None and error is not None
-- @U14 procedure with a bare body as in the documentation
CREATE OR REPLACE PROCEDURE output_message(message VARCHAR)
RETURNS VARCHAR NOT NULL
LANGUAGE SQL
AS
BEGIN
  RETURN message;
END;
CALL output_message('Hello World');
-- check: len(results) == 2 and columns == ['OUTPUT_MESSAGE'] and rows == [('Hello World',)]
-- @U15 procedure returning a table
CREATE OR REPLACE PROCEDURE find_team(d VARCHAR)
RETURNS TABLE (id INT, name VARCHAR)
LANGUAGE SQL
AS
DECLARE
  res RESULTSET DEFAULT (SELECT id, name FROM emp WHERE dept = :d ORDER BY id);
BEGIN
  RETURN TABLE(res);
END;
CALL find_team('eng');
-- check: columns == ['ID','NAME'] and rows == [(1,'Ada'),(2,'Bo')]
-- @U16 procedure that writes, with exception handler
CREATE OR REPLACE TABLE log (msg VARCHAR);
CREATE OR REPLACE PROCEDURE safe_div(a FLOAT, b FLOAT) RETURNS FLOAT LANGUAGE SQL EXECUTE AS CALLER AS
$$
BEGIN
  LET q FLOAT := a / b;
  RETURN q;
EXCEPTION
  WHEN OTHER THEN
    INSERT INTO log VALUES (:SQLERRM);
    RETURN -1;
END;
$$;
CALL safe_div(6, 3);
CALL safe_div(1, 0);
SELECT COUNT(*) FROM log WHERE msg ILIKE '%division%';
-- check: results[2].rows == [(2.0,)] and results[3].rows == [(-1.0,)] and rows == [(1,)]
-- @U17 procedure assigns to its parameter, calls another
CREATE OR REPLACE PROCEDURE fact(n INT) RETURNS INT LANGUAGE SQL AS
BEGIN
  LET r INT := 1;
  WHILE (n > 1) DO
    r := r * n;
    n := n - 1;
  END WHILE;
  RETURN r;
END;
CREATE OR REPLACE PROCEDURE outer_p(k INT) RETURNS VARCHAR LANGUAGE SQL AS
BEGIN
  LET rs RESULTSET := (CALL fact(:k));
  LET c CURSOR FOR rs;
  FOR x IN c DO
    RETURN 'is ' || x.fact;
  END FOR;
END;
CALL outer_p(5);
-- check: rows == [('is 120',)]
-- @U18 procedure with AI
CREATE OR REPLACE PROCEDURE tag_notes() RETURNS INT LANGUAGE SQL AS
BEGIN
  CREATE OR REPLACE TABLE tagged AS SELECT id, mood(body) AS m FROM notes WHERE body IS NOT NULL;
  SELECT COUNT(*) INTO :n FROM tagged;
  RETURN n;
END;
CALL tag_notes();
-- check: error is not None
-- @U19 procedure with AI and declared variable
CREATE OR REPLACE PROCEDURE tag_notes() RETURNS INT LANGUAGE SQL AS
DECLARE n INT;
BEGIN
  CREATE OR REPLACE TABLE tagged AS SELECT id, mood(body) AS m FROM notes WHERE body IS NOT NULL;
  SELECT COUNT(*) INTO :n FROM tagged WHERE m = 'negative';
  RETURN n;
END;
CALL tag_notes();
SELECT "TAG_NOTES" + 1 FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()));
-- check: results[1].rows == [(1,)] and rows == [(2,)]
-- @U20 wrong number of arguments, unknown procedure
CALL fact();
CALL nowhere(1);
-- check: all(r.error is not None and r.error.hint for r in results)
-- @U21 named arguments of a procedure and DROP
CALL safe_div(b => 2, a => 9);
DROP PROCEDURE safe_div(FLOAT, FLOAT);
CALL safe_div(1, 1);
-- check: results[0].rows == [(4.5,)] and results[1].error is None and error is not None
-- @U22 endless procedures meet a limit
CREATE OR REPLACE PROCEDURE forever(n INT) RETURNS INT LANGUAGE SQL AS BEGIN CALL forever(:n); RETURN 1; END;
CALL forever(1);
-- check: error is not None and 'levels deep' in error.message
-- @U23 transaction in a procedure
CREATE OR REPLACE TABLE acc (id INT, bal INT);
INSERT INTO acc VALUES (1, 100), (2, 0);
CREATE OR REPLACE PROCEDURE pay(x INT) RETURNS VARCHAR LANGUAGE SQL AS
BEGIN
  BEGIN TRANSACTION;
  UPDATE acc SET bal = bal - :x WHERE id = 1;
  UPDATE acc SET bal = bal + :x WHERE id = 2;
  LET low INT := (SELECT MIN(bal) FROM acc);
  IF (low < 0) THEN
    ROLLBACK;
    RETURN 'refused';
  END IF;
  COMMIT;
  RETURN 'paid';
END;
CALL pay(30);
CALL pay(500);
SELECT LISTAGG(bal, ',') WITHIN GROUP (ORDER BY id) FROM acc;
-- check: results[3].rows == [('paid',)] and results[4].rows == [('refused',)] and rows == [('70,30',)]
-- @U24 doubling functions meet a limit
CREATE OR REPLACE FUNCTION d1(x INT) RETURNS INT AS 'x + x';
CREATE OR REPLACE FUNCTION d2(x INT) RETURNS INT AS 'd1(d1(d1(d1(x))))';
SELECT d2(1) AS a;
SELECT d2(d2(d2(d2(1)))) AS a;
-- check: results[2].rows == [(16,)] and (error is not None and error.hint or one == 65536)
-- @U25 name of a built-in
CREATE FUNCTION UPPER(x VARCHAR) RETURNS VARCHAR AS 'x';
CREATE FUNCTION ai_filter(x VARCHAR) RETURNS BOOLEAN AS 'TRUE';
-- check: all(r.error is not None for r in results)
-- @U26 qualified names and quoted
CREATE OR REPLACE FUNCTION mydb.public."Inc"(x INT) RETURNS INT AS 'x + 1';
SELECT "Inc"(1) AS a, mydb.public."Inc"(2) AS b;
-- check: rows == [(2, 3)]
-- @U27 aggregates and windows around and inside
CREATE OR REPLACE FUNCTION share(x FLOAT, total FLOAT) RETURNS FLOAT AS 'ROUND(x / NULLIF(total, 0), 2)';
SELECT dept, share(SUM(pay), SUM(SUM(pay)) OVER ()) AS s FROM emp GROUP BY dept ORDER BY dept;
-- check: near(rows, [('eng', 0.71), ('ops', 0.29)])
-- @U28 lateral alias as argument
SELECT pay * 2 AS dbl, band(dbl) AS b FROM emp WHERE id = 3;
-- check: near(rows, [(150.0, 'high')])
-- @U29 a change of the schema commits
BEGIN;
INSERT INTO log VALUES ('x');
INSERT INTO log VALUES ('y');
CREATE OR REPLACE TABLE tiny (a INT);
ROLLBACK;
SELECT COUNT(*) FROM log WHERE msg IN ('x','y');
-- check: rows == [(2,)]
