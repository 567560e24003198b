-- What people with years of Snowflake write without thinking, in own words: sessions, cohorts, keys, weeks, paths.
-- Read by test_further_patterns.py; the "-- check:" lines are Python expressions.
-- @HB00 setup: events with a payload, orders, a dimension
CREATE OR REPLACE TABLE ev (uid INT, ts TIMESTAMP_NTZ, kind STRING, val NUMBER(12,2), props OBJECT);
INSERT INTO ev SELECT column1, column2::TIMESTAMP_NTZ, column3, column4, PARSE_JSON(column5)::OBJECT FROM VALUES (1,'2024-01-01 10:00','view',NULL,'{"p":"a","q":1}'),(1,'2024-01-01 10:20','cart',10,'{"p":"a","q":2}'),(1,'2024-01-01 11:30','buy',20.5,'{"p":"b"}'),(2,'2024-01-02 09:00','view',NULL,'{}'),(2,'2024-01-08 09:00','buy',5,'{"p":"c","q":null}'),(3,'2024-02-01 00:00','view',0,'{"p":"a","tags":["x","y"]}');
CREATE OR REPLACE TABLE dim (id INT, name STRING, valid_to DATE, cur BOOLEAN) AS SELECT * FROM VALUES (1,'x',NULL,TRUE),(2,'y',NULL,TRUE);
-- check: [r.error for r in results] == [None] * 3
-- @HB01 sessions: a gap of half an hour begins a new one
WITH s AS (SELECT *, IFF(DATEDIFF('minute', LAG(ts) OVER (PARTITION BY uid ORDER BY ts), ts) > 30 OR LAG(ts) OVER (PARTITION BY uid ORDER BY ts) IS NULL, 1, 0) AS is_new FROM ev) SELECT uid, SUM(is_new) OVER (PARTITION BY uid ORDER BY ts ROWS UNBOUNDED PRECEDING) AS sess, kind FROM s ORDER BY uid, ts;
-- check: rows == [(1,1,'view'),(1,1,'cart'),(1,2,'buy'),(2,1,'view'),(2,2,'buy'),(3,1,'view')]
-- @HB02 month on month by aliases of the select list
SELECT TO_CHAR(ts,'YYYY-MM') ym, SUM(val) s, s - LAG(s) OVER (ORDER BY ym) diff, ROUND(100*(s / NULLIF(LAG(s) OVER (ORDER BY ym),0) - 1),2) pct FROM ev GROUP BY ym ORDER BY ym;
-- check: near(rows, [('2024-01',35.5,None,None),('2024-02',0.0,-35.5,-100.0)])
-- @HB03 paths of events, kept by the last step
SELECT uid, LISTAGG(kind, '>') WITHIN GROUP (ORDER BY ts) path FROM ev GROUP BY uid HAVING path LIKE '%buy' ORDER BY uid;
-- check: rows == [(1,'view>cart>buy'),(2,'view>buy')]
-- @HB04 one row per key, two ways
SELECT uid, kind, ROW_NUMBER() OVER (PARTITION BY uid ORDER BY ts DESC) rn FROM ev QUALIFY rn = 1 AND kind <> 'view' ORDER BY 1;
SELECT uid, kind FROM ev WHERE (uid, ts) IN (SELECT uid, MAX(ts) FROM ev GROUP BY uid) ORDER BY uid;
-- check: results[0].rows == [(1,'buy',1),(2,'buy',1)] and rows == [(1,'buy'),(2,'buy'),(3,'view')]
-- @HB05 a calendar joined to what happened, with a running total
WITH cal AS (SELECT DATEADD(day, SEQ4(), '2024-01-01'::DATE) AS day FROM TABLE(GENERATOR(ROWCOUNT => 3))) SELECT cal.day, COUNT(e.uid) AS n, SUM(n) OVER (ORDER BY cal.day) AS run FROM cal LEFT JOIN ev e ON e.ts::DATE = cal.day GROUP BY cal.day ORDER BY cal.day;
-- check: rows == [(date(2024,1,1),3,3),(date(2024,1,2),1,4),(date(2024,1,3),0,4)]
-- @HB06 constants beside GROUP BY ALL are no positions
SELECT kind, 2024 AS year, 'all' AS scope, COUNT(*) AS n FROM ev GROUP BY ALL ORDER BY n DESC, kind;
-- check: rows == [('view',2024,'all',3),('buy',2024,'all',2),('cart',2024,'all',1)]
-- @HB07 two tables are the same when their HASH_AGG is
CREATE OR REPLACE TABLE ev_copy CLONE ev;
SELECT (SELECT HASH_AGG(*) FROM ev) = (SELECT HASH_AGG(*) FROM ev_copy) AS same, (SELECT HASH_AGG(* EXCLUDE val) FROM ev) = (SELECT HASH_AGG(*) FROM ev) AS other;
SELECT COUNT(*) AS n FROM (SELECT HASH(*) AS h FROM ev UNION SELECT HASH(*) FROM ev_copy);
-- check: results[1].rows == [(True, False)] and rows == [(6,)]
-- @HB08 lists of values by the spread operator
SELECT uid, ts::DATE AS d FROM ev WHERE kind IN (** ['buy', 'cart']) AND uid <> GREATEST(** [0, 2]) ORDER BY ts;
-- check: rows == [(1,date(2024,1,1))] * 2
-- @HB09 weeks that begin on Sunday, for this session only
ALTER SESSION SET WEEK_START = 7;
SELECT DATE_TRUNC('week', ts)::DATE AS w, COUNT(*) AS n, MIN(DAYOFWEEK(ts)) AS dow FROM ev GROUP BY w ORDER BY w;
ALTER SESSION UNSET WEEK_START;
SELECT DISTINCT DATE_TRUNC('week', ts)::DATE AS w FROM ev ORDER BY w;
-- check: results[1].rows == [(date(2023,12,31),4,2),(date(2024,1,7),1,2),(date(2024,1,28),1,5)]
-- check: rows == [(date(2024,1,1),),(date(2024,1,8),),(date(2024,1,29),)]
-- @HB10 fortnights count from the week of 1 January 1970
SELECT TIME_SLICE(ts, 2, 'WEEK') AS f, COUNT(*) FROM ev GROUP BY f ORDER BY f;
-- check: rows == [(datetime(2024,1,1),5),(datetime(2024,1,29),1)]
-- @HB11 the local hour of a moment in UTC
SELECT uid, TO_CHAR(CONVERT_TIMEZONE('America/New_York', ts), 'HH24:MI TZHTZM') AS here, CONVERT_TIMEZONE('UTC', 'Asia/Tokyo', ts) AS there FROM ev WHERE uid = 3;
-- check: rows == [(3,'19:00 -0500',datetime(2024,2,1,9))]
-- @HB12 digits are seconds unless a format says what they are
SELECT TO_DATE('20240131', 'YYYYMMDD') AS a, TO_DATE('20240131') AS b, TRY_TO_TIMESTAMP('1704067200') AS c;
-- check: rows == [(date(2024,1,31),date(1970,8,23),datetime(2024,1,1))]
-- @HB13 keys of objects with their types
SELECT e.uid, f.key, f.value, TYPEOF(f.value) t FROM ev e, LATERAL FLATTEN(INPUT => e.props) f WHERE e.uid = 2;
SELECT DISTINCT k.key FROM ev, LATERAL FLATTEN(props) k ORDER BY 1;
-- check: results[0].rows == [(2,'p','c','VARCHAR'),(2,'q',None,'NULL_VALUE')] and rows == [('p',),('q',),('tags',)]
-- @HB14 JSON built back from rows
SELECT OBJECT_CONSTRUCT('uid', uid, 'events', ARRAY_AGG(OBJECT_CONSTRUCT('k', kind, 'v', val)) WITHIN GROUP (ORDER BY ts)) j FROM ev WHERE uid = 1 GROUP BY uid;
-- check: one == {'uid': 1, 'events': [{'k': 'view'}, {'k': 'cart', 'v': 10.0}, {'k': 'buy', 'v': 20.5}]}
-- @HB15 shares of a total, of the rows and of the groups
SELECT kind, COUNT(*) n, RATIO_TO_REPORT(COUNT(*)) OVER () r, n / SUM(n) OVER () r2 FROM ev GROUP BY kind ORDER BY kind;
-- check: near(rows, [('buy',2,0.333333,0.333333),('cart',1,0.166667,0.166667),('view',3,0.5,0.5)])
-- @HB16 a slowly changing dimension: close the old row, add the new one
MERGE INTO dim d USING (SELECT * FROM VALUES (1,'x2'),(3,'z') s(id,name)) s ON d.id = s.id AND d.cur WHEN MATCHED AND d.name <> s.name THEN UPDATE SET d.valid_to = '2024-06-01'::DATE, d.cur = FALSE WHEN NOT MATCHED THEN INSERT (id, name, cur) VALUES (s.id, s.name, TRUE);
INSERT INTO dim SELECT s.id, s.name, NULL, TRUE FROM VALUES (1,'x2'),(3,'z') s(id,name) WHERE NOT EXISTS (SELECT 1 FROM dim d WHERE d.id = s.id AND d.cur);
SELECT id, name, valid_to, cur FROM dim ORDER BY id, cur;
-- check: results[0].rows == [(1, 1)] and rows == [(1,'x',date(2024,6,1),False),(1,'x2',None,True),(2,'y',None,True),(3,'z',None,True)]
-- @HB17 a whole table replaced by name
MERGE INTO dim USING (SELECT TRUE AS cur, 'Y' AS name, 2 AS id, NULL AS valid_to) s ON dim.id = s.id WHEN MATCHED THEN UPDATE ALL BY NAME WHEN NOT MATCHED THEN INSERT ALL BY NAME;
SELECT name FROM dim WHERE id = 2;
-- check: results[0].rows == [(0, 1)] and rows == [('Y',)]
-- @HB18 what a MERGE does not say is not done
MERGE INTO dim USING ev ON dim.id = ev.uid WHEN THEN DELETE;
SELECT COUNT(*) AS n FROM dim;
-- check: 'WHEN has no MATCHED' in results[0].error.message and rows == [(4,)]
-- @HB19 gaps and islands
SELECT MIN(x) s, MAX(x) e FROM (SELECT x, x - ROW_NUMBER() OVER (ORDER BY x) AS grp FROM (SELECT column1 x FROM VALUES (1),(2),(5),(6),(7))) GROUP BY grp ORDER BY s;
-- check: rows == [(1,2),(5,7)]
-- @HB20 comments, and the statement that makes a table anew
COMMENT ON TABLE dim IS 'names over time';
COMMENT ON COLUMN dim.cur IS 'whether it holds now';
SHOW TABLES LIKE 'DIM';
SELECT "name", "comment" FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()));
SELECT GET_DDL('TABLE', 'dim') AS ddl;
-- check: results[3].rows == [('DIM', 'names over time')]
-- check: one == "create or replace TABLE DIM (\n\tID NUMBER(38,0),\n\tNAME VARCHAR(16777216),\n\tVALID_TO DATE,\n\tCUR BOOLEAN COMMENT 'whether it holds now'\n)COMMENT='names over time';"
-- @HB21 functions described and listed
CREATE OR REPLACE FUNCTION vat(net NUMBER(10,2), rate FLOAT DEFAULT 0.2) RETURNS NUMBER(10,2) AS 'net * rate';
SHOW USER FUNCTIONS LIKE 'VAT';
SELECT "name", "arguments", "min_num_arguments" AS least FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()));
DESCRIBE FUNCTION vat(NUMBER, FLOAT);
-- check: results[2].rows == [('VAT', 'VAT(NUMBER, DEFAULT FLOAT) RETURN NUMBER', 1)] and columns == ['property', 'value'] and rows[0] == ('signature', '(NET NUMBER, RATE FLOAT)')
-- @HB22 clauses out of order, a DISTINCT sorted by what it drops, a QUALIFY without a window: refused
SELECT uid FROM ev LIMIT 1 ORDER BY ts;
SELECT DISTINCT uid FROM ev ORDER BY ts;
SELECT uid FROM ev QUALIFY uid = 1;
-- check: all(r.error is not None and r.error.hint for r in results)
-- check: error is not None
