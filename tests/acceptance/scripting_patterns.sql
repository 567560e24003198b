-- Snowflake Scripting: blocks, variables, branches, loops, cursors, exceptions. Read by test_further_patterns.py.
-- @S00 setup
CREATE OR REPLACE TABLE nums (n INT, w VARCHAR);
INSERT INTO nums VALUES (1,'a'),(2,'b'),(3,'c');
-- check: error is None
-- @S01 using and resultset
DECLARE
  rs RESULTSET;
  lim INT := 2;
BEGIN
  rs := (EXECUTE IMMEDIATE 'SELECT w FROM nums WHERE n = ? AND w <> ?' USING (lim, 'zz'));
  RETURN TABLE(rs);
END;
-- check: rows == [('b',)]
-- @S02 labels across loops
BEGIN
  LET s := 0;
  FOR i IN 1 TO 3 DO
    FOR j IN REVERSE 1 TO 3 DO
      IF (j = 1) THEN CONTINUE outer_; END IF;
      IF (i = 3) THEN BREAK outer_; END IF;
      s := s + i * j;
    END FOR inner_;
  END FOR outer_;
  RETURN s;
END;
-- check: rows == [(15,)]
-- @S03 exceptions: sqlerrm, named, reraise
DECLARE
  boom EXCEPTION (-20005, 'it''s gone');
BEGIN
  BEGIN
    RAISE boom;
  EXCEPTION
    WHEN statement_error THEN RETURN 'wrong';
    WHEN boom THEN RETURN SQLCODE || ' ' || SQLERRM;
  END;
END;
-- check: rows == [("-20005 it's gone",)]
-- @S04 statement_error with the text
BEGIN
  SELECT * FROM nowhere_at_all;
EXCEPTION
  WHEN STATEMENT_ERROR THEN RETURN SQLERRM;
END;
-- check: 'NOWHERE_AT_ALL' in one
-- @S05 limits are not caught
BEGIN
  SELECT * FROM TABLE(GENERATOR(ROWCOUNT => 100000000));
EXCEPTION
  WHEN OTHER THEN RETURN 'caught';
END;
-- check: error is not None and 'max_recursion_rows' in error.message
-- @S06 into of several, sqlrowcount, update
DECLARE a INT; b VARCHAR;
BEGIN
  SELECT COUNT(*), MAX(w) INTO :a, :b FROM nums;
  UPDATE nums SET w = w || '!' WHERE n > 1;
  RETURN OBJECT_CONSTRUCT('a', a, 'b', b, 'rows', SQLROWCOUNT, 'found', SQLFOUND);
END;
-- check: one == {'a': 3, 'b': 'c', 'rows': 2, 'found': True}
-- @S07 into without a row
DECLARE a INT;
BEGIN
  SELECT n INTO :a FROM nums WHERE n = 99;
END;
-- check: error is not None and 'exactly 1 returned row, but got 0' in error.message
-- @S08 AI inside a block, twice the same: counted once
BEGIN
  LET mood VARCHAR := (SELECT AI_SENTIMENT('I love it'):categories[0]:sentiment::STRING);
  LET again VARCHAR := AI_SENTIMENT('I love it'):categories[0]:sentiment;
  IF (mood = 'positive' AND again = mood) THEN
    RETURN AI_CLASSIFY('The soup was cold', ['food','room']):labels[0]::STRING;
  END IF;
END;
-- check: rows == [('food',)] and meter.model_inputs == 2
-- @S09 row variables in SQL
CREATE OR REPLACE TABLE copy_n (n INT, w VARCHAR);
DECLARE c CURSOR FOR SELECT n, w FROM nums ORDER BY n;
BEGIN
  FOR r IN c DO
    INSERT INTO copy_n SELECT :r.n * 10, r.w;
  END FOR;
END;
SELECT LISTAGG(n || w, ',') WITHIN GROUP (ORDER BY n) FROM copy_n;
-- check: rows == [('10a,20b!,30c!',)]
-- @S10 typed variable casts, NULL default, wrong cast
DECLARE x NUMBER(5,1); d DATE := '2025-02-03';
BEGIN
  x := 2.567;
  RETURN x::STRING || ' ' || TO_CHAR(DATEADD('day', 1, d), 'YYYY-MM-DD');
END;
-- check: rows == [('2.6 2025-02-04',)]
-- @S11 execute immediate block in $$ without semicolon
EXECUTE IMMEDIATE $$
BEGIN
  RETURN 1 + 1;
END
$$;
-- check: rows == [(2,)]
-- @S12 execute immediate session variable using
SET q = 'SELECT n FROM nums WHERE n > ? ORDER BY n';
EXECUTE IMMEDIATE $q USING (1);
-- check: rows == [(2,),(3,)]
-- @S13 missing END
BEGIN
  RETURN 1;
-- check: error is not None and 'END is missing' in error.message
-- @S14 unknown variable
BEGIN
  x := 1;
END;
-- check: error is not None and 'X' in error.message
-- @S15 two blocks in one script, comments with ; and END
BEGIN RETURN 1; /* END; */ END;
-- a comment; END
DECLARE s STRING DEFAULT 'END; BEGIN'; BEGIN RETURN s; END;
-- check: results[0].rows == [(1,)] and rows == [('END; BEGIN',)] and len(results) == 2
-- @S16 case expression and case statement
BEGIN
  LET k INT := CASE WHEN 1 = 1 THEN 5 ELSE 6 END;
  CASE (k)
    WHEN 4 THEN RETURN 'four';
    WHEN 5 THEN RETURN CASE WHEN k > 4 THEN 'big' END;
  END;
END;
-- check: rows == [('big',)]
-- @S17 a transaction is no block, also inside of one
BEGIN TRANSACTION;
COMMIT;
BEGIN
  BEGIN;
  DELETE FROM nums;
  ROLLBACK;
  RETURN (SELECT COUNT(*) FROM nums);
END;
-- check: rows == [(3,)] and results[1].rows == [('Statement executed successfully.',)]
-- @S18 return table of a model call
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST m18(INPUT_DATA => TABLE(SELECT DATEADD('day', SEQ4(), '2024-01-01'::TIMESTAMP_NTZ) AS d, 2 + SEQ4() AS y FROM TABLE(GENERATOR(ROWCOUNT => 12))), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'Y');
BEGIN
  LET n INT := 2;
  LET res RESULTSET := (CALL m18!FORECAST(FORECASTING_PERIODS => :n));
  RETURN TABLE(res);
END;
BEGIN
  CALL m18!FORECAST(FORECASTING_PERIODS => 3);
  LET x := SQLID;
  CREATE OR REPLACE TABLE fc AS SELECT * FROM TABLE(RESULT_SCAN(:x));
END;
SELECT COUNT(*) FROM fc;
-- check: near([r[2] for r in results[1].rows], [14.0, 15.0]) and rows == [(3,)]
-- @S19 endless recursion of text
SET loop_q = 'BEGIN EXECUTE IMMEDIATE $loop_q; END';
EXECUTE IMMEDIATE $loop_q;
-- check: error is not None and 'levels deep' in error.message
-- @S20 fetch beyond the end, closed cursor
DECLARE a INT; c CURSOR FOR SELECT n FROM nums WHERE n = 1;
BEGIN
  OPEN c; FETCH c INTO a; FETCH c INTO a; CLOSE c;
  IF (a IS NULL) THEN RETURN 'end'; END IF;
  FETCH c INTO a;
END;
-- check: rows == [('end',)]
-- @S21 identifier(:t), table(:t)
BEGIN
  LET t VARCHAR := 'nums';
  LET k INT := (SELECT COUNT(*) FROM IDENTIFIER(:t));
  RETURN k;
END;
-- check: rows == [(3,)]
-- @S22 while with loop keyword, nested begin scope
BEGIN
  LET a INT := 1;
  BEGIN
    LET a INT := 10;
    a := a + 1;
  END;
  WHILE (a < 5) LOOP a := a + 1; END LOOP;
  RETURN a;
END;
-- check: rows == [(5,)]
-- @S30 tables of the documentation's examples
CREATE OR REPLACE TABLE sales_data (store_id NUMBER, item VARCHAR, date TIMESTAMP_NTZ, sales FLOAT);
INSERT INTO sales_data SELECT 1 + MOD(SEQ4(), 2), IFF(MOD(SEQ4(), 2) = 0, 'jacket', 'umbrella'), DATEADD('day', FLOOR(SEQ4() / 2), '2020-01-01'::TIMESTAMP_NTZ), 2 + FLOOR(SEQ4() / 2) FROM TABLE(GENERATOR(ROWCOUNT => 24));
CREATE OR REPLACE VIEW v1 AS SELECT date, sales FROM sales_data WHERE store_id = 1 AND item = 'jacket';
-- check: error is None
-- @S38 scripting: declare, let, if, return
EXECUTE IMMEDIATE $$
DECLARE
  total INTEGER DEFAULT 0;
  label VARCHAR;
BEGIN
  SELECT COUNT(*) INTO :total FROM sales_data;
  IF (total > 10) THEN
    label := 'many';
  ELSEIF (total > 5) THEN
    label := 'some';
  ELSE
    label := 'few';
  END IF;
  RETURN label || ':' || total;
END;
$$;
-- check: columns == ['anonymous block'] and rows == [('many:24',)]
-- @S39 for loop over cursor
DECLARE
  s FLOAT DEFAULT 0;
  c1 CURSOR FOR SELECT sales FROM v1 ORDER BY date LIMIT 3;
BEGIN
  FOR r IN c1 DO
    s := s + r.sales;
  END FOR;
  RETURN s;
END;
-- check: near(rows, [(9.0,)])
-- @S40 for counter, while, break
BEGIN
  LET n INT := 0;
  FOR i IN 1 TO 5 DO
    IF (i = 4) THEN BREAK; END IF;
    n := n + i;
  END FOR;
  WHILE (n < 20) DO
    n := n * 2;
  END WHILE;
  RETURN n;
END;
-- check: rows == [(24,)]
-- @S41 RETURN TABLE of resultset
BEGIN
  LET res RESULTSET := (SELECT store_id, COUNT(*) AS n FROM sales_data GROUP BY store_id ORDER BY store_id);
  RETURN TABLE(res);
END;
-- check: columns == ['STORE_ID','N'] and rows == [(1,12),(2,12)]
-- @S43 exception block
BEGIN
  SELECT 1/0;
EXCEPTION
  WHEN OTHER THEN
    RETURN 'caught';
END;
-- check: rows == [('caught',)]
-- @S44 insert in loop
CREATE OR REPLACE TABLE squares (n INT, sq INT);
BEGIN
  FOR i IN 1 TO 4 DO
    INSERT INTO squares VALUES (:i, :i * :i);
  END FOR;
END;
SELECT SUM(sq) FROM squares;
-- check: rows == [(30,)] and results[1].error is None
-- @S77 scripting: nested block, CASE, variables in AI query
BEGIN
  LET wanted VARCHAR := 'jacket';
  LET c INT;
  SELECT COUNT(*) INTO :c FROM sales_data WHERE item = :wanted;
  CASE WHEN c = 12 THEN RETURN 'dozen'; ELSE RETURN 'other'; END CASE;
END;
-- check: rows == [('dozen',)]
-- @S79 raise custom exception
DECLARE
  my_exception EXCEPTION (-20002, 'Raised MY_EXCEPTION.');
BEGIN
  RAISE my_exception;
END;
-- check: error is not None and 'MY_EXCEPTION' in error.message
-- @S80 cursor open fetch close
DECLARE
  a INT; c1 CURSOR FOR SELECT n FROM squares ORDER BY n;
BEGIN
  OPEN c1;
  FETCH c1 INTO a;
  FETCH c1 INTO a;
  CLOSE c1;
  RETURN a;
END;
-- check: rows == [(2,)]
-- @S81 repeat until, loop break, continue
BEGIN
  LET i := 0; LET s := 0;
  REPEAT
    i := i + 1;
    IF (MOD(i, 2) = 0) THEN CONTINUE; END IF;
    s := s + i;
  UNTIL (i >= 5) END REPEAT;
  RETURN s;
END;
-- check: rows == [(9,)]
-- @S82 resultset iteration
BEGIN
  LET rs RESULTSET := (SELECT n, sq FROM squares ORDER BY n);
  LET c CURSOR FOR rs;
  LET t INT := 0;
  FOR row_v IN c DO
    t := t + row_v.sq;
  END FOR;
  RETURN t;
END;
-- check: rows == [(30,)]
-- @S83 begin without return
BEGIN
  INSERT INTO squares VALUES (9, 81);
END;
-- check: rows == [(None,)] and columns == ['anonymous block']
