-- A second round over the reference, written before anything of it was run. Read by test_further_patterns.py.
-- @R00 setup
CREATE OR REPLACE TABLE calls (call_id INT, agent STRING, at TIMESTAMP_NTZ, secs NUMBER, transcript STRING, meta OBJECT, tags ARRAY);
INSERT INTO calls SELECT 1,'Kim','2025-05-01 09:00:00'::TIMESTAMP_NTZ,120,'The agent was friendly and very helpful.',OBJECT_CONSTRUCT('lang','en','score',4.5),ARRAY_CONSTRUCT('billing','fast')
UNION ALL SELECT 2,'Kim','2025-05-01 13:30:00',300,'I waited an hour and nobody helped. Very disappointing.',OBJECT_CONSTRUCT('lang','en','score',1),ARRAY_CONSTRUCT('wait')
UNION ALL SELECT 3,'Lee','2025-05-08 10:10:10',60,'Wonderful service, thank you so much!',OBJECT_CONSTRUCT('lang','en'),ARRAY_CONSTRUCT()
UNION ALL SELECT 4,'Lee','2025-06-02 08:00:00',NULL,NULL,NULL,NULL;
CREATE OR REPLACE TABLE country (country STRING); INSERT INTO country VALUES ('Switzerland'),('Korea');
CREATE OR REPLACE TABLE region (region STRING); INSERT INTO region VALUES ('Asia'),('Europe');
-- check: [str(r.error) for r in results if r.error] == []
-- @R01 docs join
SELECT country.country, region.region FROM country JOIN region ON AI_FILTER(PROMPT('{0} is in {1}', country.country, region.region)) ORDER BY 1, 2;
-- check: columns == ['COUNTRY','REGION'] and set(col('REGION')) <= {'Asia','Europe'}
-- @R02 docs AI_AGG over a CTE of reviews
WITH reviews AS (SELECT 'The restaurant was excellent. I especially enjoyed the pizza and ice cream.' AS review UNION ALL SELECT 'Excellent! I enjoyed the pizza, but the ice cream was too cold.' UNION ALL SELECT 'The pizza was good but the ice cream was horrible.')
SELECT AI_AGG(review, 'Summarize the product reviews for a blog post targeting consumers') FROM reviews;
-- check: isinstance(one, str) and len(rows) == 1
-- @R03 docs AI_AGG with group by and typed table function
SELECT agent, AI_AGG(transcript, 'Summarize the calls of this agent') AS summary, ROUND(AVG(secs)) AS s, ARRAY_AGG(call_id) WITHIN GROUP (ORDER BY call_id) AS ids FROM calls GROUP BY agent ORDER BY agent;
-- check: [r[2] for r in rows] == [210, 60] and [r[3] for r in rows] == [[1,2],[3,4]]
-- @R04 lateral flatten of tags joined with AI label
SELECT t.value::STRING AS tag, COUNT(DISTINCT c.call_id) AS n, LISTAGG(DISTINCT AI_SENTIMENT(c.transcript):categories[0].sentiment::STRING, ',') AS m FROM calls c, LATERAL FLATTEN(input => c.tags, outer => TRUE) t GROUP BY 1 ORDER BY 1 NULLS LAST;
-- check: [r[0] for r in rows] == ['billing','fast','wait',None] and rows[0][2] == 'positive' and rows[2][2] == 'negative'
-- @R05 object access and typed comparison
SELECT call_id, meta:score::FLOAT AS s, meta['lang']::STRING = 'en' AS en, NVL(meta:score, 0)::INT AS i FROM calls ORDER BY call_id;
-- check: near(rows, [(1,4.5,True,5),(2,1.0,True,1),(3,None,True,0),(4,None,None,0)])
-- @R06 AI in a recursive CTE's consumer
WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT n.i, AI_SENTIMENT(c.transcript):categories[0]:sentiment::VARCHAR AS m FROM n JOIN calls c ON c.call_id = n.i ORDER BY n.i;
-- check: [r[1] for r in rows] == ['positive','negative','positive']
-- @R07 semi join with AI in both sides of an OR
SELECT call_id FROM calls WHERE secs > 200 OR AI_SENTIMENT(transcript):categories[0]:sentiment::STRING = 'positive' ORDER BY 1;
-- check: rows == [(1,),(2,),(3,)] and meter.model_inputs <= 2
-- @R08 guarded by IFF
SELECT call_id, IFF(agent = 'Lee', AI_SENTIMENT(transcript):categories[0]:sentiment::STRING, 'skipped') AS m FROM calls ORDER BY 1;
-- check: [r[1] for r in rows] == ['skipped','skipped','positive',None] and meter.model_inputs <= 1
-- @R09 COALESCE guard
SELECT call_id, COALESCE(meta:lang::STRING, AI_COMPLETE('no-such-model', transcript), 'none') AS l FROM calls ORDER BY 1;
-- check: [r[1] for r in rows] == ['en','en','en','none']
-- @R10 window rank over AI score, then filter
SELECT * FROM (SELECT call_id, RANK() OVER (ORDER BY SNOWFLAKE.CORTEX.SENTIMENT(transcript) DESC NULLS LAST) AS rk FROM calls) WHERE rk = 4;
-- check: rows == [(4, 4)]
-- @R11 MAX_BY with AI
SELECT MAX_BY(call_id, SNOWFLAKE.CORTEX.SENTIMENT(transcript)) AS best, MIN_BY(call_id, SNOWFLAKE.CORTEX.SENTIMENT(transcript)) AS worst FROM calls;
-- check: rows[0][1] == 2 and rows[0][0] in (1, 3)
-- @R12 PERCENTILE over AI and CASE
SELECT COUNT(CASE WHEN SNOWFLAKE.CORTEX.SENTIMENT(transcript) < 0 THEN 1 END) * 100.0 / COUNT(*) AS pct_negative FROM calls WHERE transcript IS NOT NULL;
-- check: near(round(float(one), 2), 33.33)
-- @R13 date spine of weeks with AI counts
SELECT DATE_TRUNC('WEEK', at)::DATE AS wk, COUNT(*) AS n, COUNT_IF(AI_SENTIMENT(transcript):categories[0]:sentiment = 'negative') AS bad FROM calls GROUP BY ALL ORDER BY wk;
-- check: rows == [(date(2025,4,28),2,1),(date(2025,5,5),1,0),(date(2025,6,2),1,0)]
-- @R14 TYPE OBJECT with NOT NULL and nested array of objects
SELECT AI_COMPLETE(model => 'mistral-large2', prompt => 'Extract: Ann bought 2 lamps and Bob bought 1 chair', response_format => TYPE OBJECT(orders ARRAY(OBJECT(who VARCHAR NOT NULL, qty INT)))) AS o;
-- check: set(one) == {'orders'} and isinstance(one['orders'], list)
-- @R15 response_format with enum / boolean / description
SELECT AI_COMPLETE(model => 'demo-small', prompt => 'The agent was friendly.', response_format => {'type':'json','schema':{'type':'object','properties':{'polite':{'type':'boolean','description':'Was the agent polite?'},'tone':{'type':'string','enum':['friendly','rude']}},'required':['polite','tone']}}) AS o;
-- check: isinstance(one['polite'], bool) and one['tone'] == 'friendly'
-- @R16 response_format without type json wrapper is an error
SELECT AI_COMPLETE(model => 'demo-small', prompt => 'x', response_format => {'kind':'xml'}) AS o;
-- check: error is not None or one is None
-- @R17 model_parameters out of range
SELECT AI_COMPLETE(model => 'demo-small', prompt => 'x', model_parameters => {'temperature': 5}) AS o;
-- check: error is not None or one is None or isinstance(one, str)
-- @R18 error details of an unknown model
SELECT AI_COMPLETE(model => 'no-such-model', prompt => 'x', return_error_details => TRUE) AS o;
-- check: set(one) == {'value','error'} and one['value'] is None and 'no-such-model' in one['error']
-- @R19 TRY_COMPLETE with history and options
SELECT SNOWFLAKE.CORTEX.TRY_COMPLETE('demo-small', [{'role':'user','content':'Say yes'}], {'max_tokens': 3}):usage:prompt_tokens::INT > 0 AS ok;
-- check: rows == [(True,)] or error is not None
-- @R20 AI_COMPLETE in SNOWFLAKE.CORTEX schema and lower case
select snowflake.cortex.ai_sentiment('great') as s, snowflake.cortex.sentiment('great') > 0 as p;
-- check: rows[0][0]['categories'][0]['sentiment'] == 'positive' and rows[0][1] is True
-- @R21 classify with description labels and multi in a view
CREATE OR REPLACE VIEW v_topics AS SELECT call_id, AI_CLASSIFY(transcript, [{'label':'waiting','description':'long waiting time'},{'label':'praise','description':'the customer is grateful'}], {'output_mode':'multi','task_description':'Topics of the call'}):labels AS labels FROM calls;
SELECT call_id, ARRAY_SIZE(labels) >= 1 AS has FROM v_topics WHERE call_id <= 3 ORDER BY 1;
-- check: len(rows) == 3 and all(isinstance(r[1], bool) for r in rows)
-- @R22 AI_EXTRACT over rows into columns
SELECT r:response:person::STRING AS p, r:response:city::STRING AS c, r:error IS NULL AS ok FROM (SELECT AI_EXTRACT(text => t, responseFormat => {'person':'Who is named?','city':'Which city?'}) AS r FROM VALUES ('Ann Lee lives in Oslo'), ('Bob Ray lives in Rome') v(t)) ORDER BY c;
-- check: [r[1] for r in rows] == ['Oslo','Rome'] and all(r[2] for r in rows)
-- @R23 AI_EXTRACT value for an absent fact
SELECT AI_EXTRACT('The sky is blue.', {'iban':'What is the IBAN?'}):response:iban AS v;
-- check: one is None or isinstance(one, str)
-- @R24 redact only names, count removed with REGEXP_COUNT
SELECT REGEXP_COUNT(AI_REDACT('Mary Jones called Peter Smith', ['NAME']), '\\[NAME\\]') AS n;
-- check: one == 2
-- @R25 embeddings stored and nearest neighbours per row
CREATE OR REPLACE TABLE vecs AS SELECT call_id, AI_EMBED('snowflake-arctic-embed-l-v2.0', transcript)::VECTOR(FLOAT, 1024) AS v FROM calls WHERE transcript IS NOT NULL;
SELECT a.call_id, b.call_id AS other FROM vecs a JOIN vecs b ON a.call_id <> b.call_id QUALIFY ROW_NUMBER() OVER (PARTITION BY a.call_id ORDER BY VECTOR_COSINE_SIMILARITY(a.v, b.v) DESC) = 1 ORDER BY 1;
-- check: [r[0] for r in rows] == [1,2,3]
-- @R26 vector mean via literal and describe
DESCRIBE TABLE vecs;
-- check: ('V','VECTOR(FLOAT, 1024)') in [(r[0], r[1]) for r in rows]
-- @R27 insert vectors from JSON array
CREATE OR REPLACE TABLE vv (id INT, v VECTOR(FLOAT, 3));
INSERT INTO vv SELECT 1, PARSE_JSON('[1,2,3]')::ARRAY::VECTOR(FLOAT, 3);
SELECT VECTOR_L2_DISTANCE(v, [1,2,5]::VECTOR(FLOAT,3)) AS d FROM vv;
-- check: near(rows, [(2.0,)])
-- @R28 AI over UNION BY NAME and set operations
SELECT AI_SENTIMENT(transcript):categories[0]:sentiment::STRING AS m FROM calls WHERE transcript IS NOT NULL INTERSECT SELECT column1 FROM VALUES ('positive'),('neutral') ORDER BY m;
-- check: rows == [('positive',)]
-- @R29 INSERT ALL with AI
CREATE OR REPLACE TABLE good (id INT, t STRING); CREATE OR REPLACE TABLE bad (id INT, t STRING);
INSERT ALL WHEN m = 'positive' THEN INTO good (id, t) VALUES (call_id, transcript) WHEN m = 'negative' THEN INTO bad VALUES (call_id, transcript) SELECT call_id, transcript, AI_SENTIMENT(transcript):categories[0]:sentiment::STRING AS m FROM calls;
SELECT (SELECT COUNT(*) FROM good) AS g, (SELECT COUNT(*) FROM bad) AS b;
-- check: rows == [(2,1)]
-- @R30 UPDATE with AI value from join
UPDATE good SET t = AI_CLASSIFY(c.transcript, ['thanks','complaint']):labels[0]::STRING FROM calls c WHERE c.call_id = good.id;
SELECT COUNT(*) FROM good WHERE t IN ('thanks','complaint');
-- check: rows == [(2,)]
-- @R31 scripting with AI in FOR over cursor and RETURN TABLE
DECLARE
  res RESULTSET;
  n INT DEFAULT 0;
BEGIN
  CREATE OR REPLACE TEMPORARY TABLE out_t (id INT, mood STRING);
  LET c1 CURSOR FOR SELECT call_id, transcript FROM calls WHERE transcript IS NOT NULL ORDER BY call_id;
  FOR rec IN c1 DO
    LET tx STRING := rec.transcript;
    LET id INT := rec.call_id;
    INSERT INTO out_t SELECT :id, AI_SENTIMENT(:tx):categories[0]:sentiment::STRING;
    n := n + 1;
  END FOR;
  res := (SELECT id, mood FROM out_t WHERE id <= :n ORDER BY id);
  RETURN TABLE(res);
END;
-- check: rows == [(1,'positive'),(2,'negative'),(3,'positive')]
-- @R32 date arithmetic mixture
SELECT DATEADD(month, 1, '2025-01-31 10:00:00'::TIMESTAMP_NTZ) AS a, DATEDIFF('minute', at, DATEADD('second', secs, at)) AS m, TIMEADD(hour, 2, at) AS h, DATE_TRUNC('quarter', at)::DATE AS q, TO_CHAR(at, 'HH24:MI:SS') AS t, DAYOFWEEK(at) AS d, WEEKOFYEAR(at) AS w, EXTRACT(epoch FROM '1970-01-01 00:01:00'::TIMESTAMP_NTZ) AS e FROM calls WHERE call_id = 1;
-- check: rows == [(datetime(2025,2,28,10),2,datetime(2025,5,1,11),date(2025,4,1),'09:00:00',4,18,60)]
-- @R33 time type
SELECT '10:30:00'::TIME AS t, TO_TIME('23:59:59') AS u, TIMEDIFF('minute', '10:00:00'::TIME, '11:30:00'::TIME) AS d, at::TIME AS v FROM calls WHERE call_id = 2;
-- check: str(rows[0][0]).startswith('10:30:00') and rows[0][2] == 90 and str(rows[0][3]).startswith('13:30:00')
-- @R34 number formatting and rounding
SELECT TO_CHAR(1234567.891, '$9,999,999.99') AS a, ROUND(10.0/3, 2) AS b, (10/3)::NUMBER(10,4) AS c, TO_VARCHAR(0.5) AS d, 1e-3::VARCHAR AS e, TRUNCATE(-1.999, 1) AS f, CEIL(-0.5) AS g, 5 / 2 AS h, 10.00::VARCHAR AS i;
-- check: rows[0][0].strip() == '$1,234,567.89' and near(float(rows[0][1]), 3.33) and near(float(rows[0][2]), 3.3333) and rows[0][3] == '0.5' and near(float(rows[0][5]), -1.9) and near(float(rows[0][7]), 2.5) and rows[0][8] == '10.00'
-- @R35 like with escapes and regexp groups
SELECT REGEXP_SUBSTR('order 12 and 345', '\\d+', 1, 2) AS a, REGEXP_SUBSTR('key=val', '(\\w+)=(\\w+)', 1, 1, 'e', 2) AS b, REGEXP_REPLACE('a.b.c', '\\.', '-', 1, 2) AS c, REGEXP_INSTR('abc1', '[0-9]') AS d, 'A_B' LIKE 'A\\_B' ESCAPE '\\' AS e, REGEXP_SUBSTR_ALL('a1b22', '[0-9]+') AS f, REGEXP_REPLACE('John Smith', '(\\w+) (\\w+)', '\\2, \\1') AS g;
-- check: rows == [('345','val','a.b-c',4,True,['1','22'],'Smith, John')]
-- @R36 $$ regex
SELECT REGEXP_LIKE('ab12', $$[a-z]+\d+$$) AS a, 'x' REGEXP 'X' AS b, REGEXP_LIKE('ABC', 'abc', 'i') AS c;
-- check: rows == [(True, False, True)]
-- @R37 string functions two
SELECT UPPER('straße') AS a, LENGTH('日本') AS b, LEFT('abc', 0) AS c, SUBSTRING('hello', 2, 3) AS d, REPLACE('aXa','X') AS e, STARTSWITH('abc','a') AS f, ENDSWITH('abc','c') AS g, CONTAINS('abc', NULL) AS h, RTRIM('a  ') || '|' AS i, SPACE(2) || 'x' AS j, TRY_TO_NUMBER('1e2') AS k, CONCAT('a', NULL) AS l, 'a' || NULL AS m, COLLATE('a', 'en-ci') IS NOT NULL AS n;
-- check: rows == [('STRASSE',2,'','ell','aa',True,True,None,'a|','  x',100,None,None,True)]
-- @R38 string functions three
SELECT UPPER('é') AS a, LENGTH('日本') AS b, LEFT('abc', 0) AS c, SUBSTRING('hello', 2, 3) AS d, REPLACE('aXa','X') AS e, STARTSWITH('abc','a') AS f, CONTAINS('abc', NULL) AS h, CONCAT('a', NULL) AS l, 'a' || NULL AS m, JAROWINKLER_SIMILARITY('abc','abc') AS n, UNICODE('A') AS o, RPAD('a', 3, '.') AS p, TRIM('xxaxx', 'x') AS q, PARSE_URL('https://a.b/c?d=1'):host::STRING AS r, SPLIT('a-b','-')[1]::STRING AS s, LOWER('ÀB') AS t;
-- check: rows == [('É',2,'','ell','aa',True,None,None,None,100,65,'a..','a','a.b','b','àb')]
-- @R39 array and object literals with columns, nested flatten with two levels
SELECT x.value:n::INT AS n, y.value::STRING AS v FROM (SELECT [{'n':1,'l':['a','b']},{'n':2,'l':['c']}] AS arr) s, LATERAL FLATTEN(s.arr) x, LATERAL FLATTEN(x.value:l) y ORDER BY 1, 2;
-- check: rows == [(1,'a'),(1,'b'),(2,'c')]
-- @R40 object construct star, except
SELECT OBJECT_CONSTRUCT(*) AS o FROM (SELECT 1 AS a, NULL AS b, 'x' AS "c");
SELECT {*} AS o, {'k': 1, *}:k IS NULL OR TRUE AS z FROM (SELECT 1 AS a);
-- check: results[0].rows == [({'A': 1, 'c': 'x'},)]
-- @R41 object star with ilike/exclude
SELECT {* EXCLUDE b} AS o FROM (SELECT 1 AS a, 2 AS b);
SELECT {* ILIKE 'a%'} AS o FROM (SELECT 1 AS a1, 2 AS b);
-- check: results[0].rows == [({'A': 1},)] and rows == [({'A1': 1},)]
-- @R42 pivot with alias and default on null
SELECT * FROM (SELECT agent, secs, MONTH(at) AS m FROM calls) PIVOT (SUM(secs) FOR m IN (5, 6) DEFAULT ON NULL (0)) AS p (agent, may, june) ORDER BY agent;
-- check: rows == [('Kim',420,0),('Lee',60,0)]
-- @R43 pivot subquery
SELECT * FROM (SELECT agent, secs, MONTH(at) AS m FROM calls) PIVOT (SUM(secs) FOR m IN (SELECT DISTINCT MONTH(at) FROM calls ORDER BY 1)) ORDER BY agent;
-- check: columns == ['AGENT','5','6'] and rows[0][:2] == ('Kim',420)
-- @R44 unpivot of a subquery then AI
SELECT id, q, AI_SENTIMENT(a):categories[0]:sentiment::STRING AS m FROM (SELECT 1 AS id, 'great' AS food, 'terrible' AS room) UNPIVOT (a FOR q IN (food, room)) ORDER BY q;
-- check: rows == [(1,'FOOD','positive'),(1,'ROOM','negative')]
-- @R45 qualify with alias and count over
SELECT agent, secs, COUNT(*) OVER (PARTITION BY agent) AS c FROM calls QUALIFY c = 2 AND secs = MAX(secs) OVER (PARTITION BY agent) ORDER BY agent;
-- check: rows == [('Kim',300,2),('Lee',60,2)]
-- @R46 group by expression with rollup & grouping in case
SELECT CASE WHEN GROUPING(agent) = 1 THEN 'all' ELSE agent END AS a, SUM(secs) AS s FROM calls GROUP BY ROLLUP (agent) ORDER BY GROUPING(agent), a;
-- check: rows == [('Kim',420),('Lee',60),('all',480)]
-- @R47 asof join with using
SELECT c.call_id, r.rate FROM calls c ASOF JOIN (SELECT column1::TIMESTAMP_NTZ AS ts, column2 AS rate FROM VALUES ('2025-05-01 10:00:00', 1.5), ('2025-05-05 00:00:00', 2.5)) r MATCH_CONDITION (c.at >= r.ts) ORDER BY 1;
-- check: near([None if r[1] is None else float(r[1]) for r in rows], [None,1.5,2.5,2.5])
-- @R48 full outer using and coalesced column
SELECT agent, a.n, b.n FROM (SELECT 'Kim' AS agent, 1 AS n) a FULL JOIN (SELECT 'Lee' AS agent, 2 AS n) b USING (agent) ORDER BY agent;
-- check: rows == [('Kim',1,None),('Lee',None,2)]
-- @R49 cross join lateral generator per row
SELECT c.call_id, COUNT(*) AS n FROM calls c, LATERAL FLATTEN(ARRAY_GENERATE_RANGE(0, c.call_id)) f GROUP BY 1 ORDER BY 1;
-- check: rows == [(1,1),(2,2),(3,3),(4,4)]
-- @R50 exists / not exists correlated with flatten
SELECT call_id FROM calls c WHERE NOT EXISTS (SELECT 1 FROM TABLE(FLATTEN(c.tags)) f WHERE f.value = 'wait') ORDER BY 1;
-- check: rows == [(1,),(3,),(4,)]
-- @R51 scalar subquery in select with limit and order
SELECT agent, (SELECT transcript FROM calls i WHERE i.agent = o.agent AND transcript IS NOT NULL ORDER BY at DESC LIMIT 1) AS last FROM (SELECT DISTINCT agent FROM calls) o ORDER BY agent;
-- check: rows[1][1].startswith('Wonderful') and rows[0][1].startswith('I waited')
-- @R52 CTE column list, multiple CTEs referencing each other, union in CTE
WITH a (x) AS (SELECT 1 UNION ALL SELECT 2), b AS (SELECT x * 10 AS y FROM a), c AS (SELECT SUM(y) AS s FROM b) SELECT a.x, c.s FROM a, c ORDER BY 1;
-- check: rows == [(1,30),(2,30)]
-- @R53 insert with explicit columns and subquery in values
CREATE OR REPLACE TABLE ins (a INT, b STRING, c TIMESTAMP_NTZ DEFAULT '2020-01-01'::TIMESTAMP_NTZ);
INSERT INTO ins (b, a) SELECT agent, MAX(secs) FROM calls GROUP BY agent;
INSERT INTO ins VALUES (1, 'x', DEFAULT);
SELECT a, b, c::DATE FROM ins ORDER BY a;
-- check: rows == [(1,'x',date(2020,1,1)),(60,'Lee',date(2020,1,1)),(300,'Kim',date(2020,1,1))]
-- @R54 alter table many
ALTER TABLE ins RENAME COLUMN b TO bb;
ALTER TABLE ins ADD COLUMN d FLOAT DEFAULT 1.5, e VARCHAR;
ALTER TABLE ins DROP COLUMN c;
ALTER TABLE ins RENAME TO ins2;
SELECT * FROM ins2 ORDER BY a LIMIT 1;
-- check: columns == ['A','BB','D','E'] and near(rows[0], (1,'x',1.5,None))
-- @R55 truncate, drop if exists, create if not exists as select
TRUNCATE TABLE IF EXISTS ins2;
DROP TABLE IF EXISTS nope;
CREATE TABLE IF NOT EXISTS ins2 AS SELECT 5 AS z;
SELECT COUNT(*) FROM ins2;
-- check: rows == [(0,)] and [str(r.error) for r in results if r.error] == []
-- @R56 try cast family in where
SELECT column1 AS v FROM VALUES ('1'),('x'),('2.5'),(NULL) WHERE TRY_TO_DOUBLE(column1) IS NOT NULL ORDER BY v;
-- check: rows == [('1',),('2.5',)]
-- @R57 implicit conversions
SELECT '5' + 3 AS a, 5 = '5' AS b, '2025-01-02' > '2025-01-01'::DATE AS c, 'a' || 1 AS d, '10' * '2' AS e, TRUE = 1 AS f;
-- check: rows[0] == (8, True, True, 'a1', 20, True)
-- @R58 variant arithmetic
SELECT PARSE_JSON('{"a":2,"b":"3"}'):a + 1 AS x, PARSE_JSON('{"a":2}'):a * 2.5 AS y, SUM(PARSE_JSON(column1):n) AS s FROM VALUES ('{"n":1}'),('{"n":2.5}') GROUP BY 1, 2;
-- check: near([float(v) for v in rows[0]], [3.0, 5.0, 3.5])
-- @R59 order of NULLs in windows and distinct on variant
SELECT DISTINCT meta:lang::STRING AS l FROM calls ORDER BY l NULLS FIRST;
-- check: rows == [(None,),('en',)]
-- @R60 limit with offset and fetch, top with ties absent
SELECT call_id FROM calls ORDER BY call_id DESC LIMIT 1 OFFSET 1;
SELECT call_id FROM calls ORDER BY call_id FETCH FIRST 2 ROWS ONLY;
-- check: results[0].rows == [(3,)] and rows == [(1,),(2,)]
-- @R61 flow operator
SHOW TABLES LIKE 'CALLS' ->> SELECT "name", "rows" FROM $1;
-- check: rows == [('CALLS', 4)] or error is not None and error.hint
-- @R62 result_scan of describe and show with like
SHOW COLUMNS IN TABLE calls;
SELECT "column_name" FROM TABLE(RESULT_SCAN(LAST_QUERY_ID())) ORDER BY 1 LIMIT 1;
-- check: rows == [('AGENT',)]
-- @R63 select without from with many AI
SELECT AI_SENTIMENT('bad'):categories[0]:sentiment::STRING AS a, AI_CLASSIFY('soup', ['food','cars']):labels[0]::STRING AS b, AI_FILTER('Is soup food?') IS NOT NULL AS c, AI_SIMILARITY('soup','soup') > 0.99 AS d, ARRAY_SIZE(SNOWFLAKE.CORTEX.SPLIT_TEXT_RECURSIVE_CHARACTER('a b c','none',3)) AS e, AI_COUNT_TOKENS('ai_embed','e5-base-v2','soup') > 0 AS f;
-- check: rows[0][0] == 'negative' and rows[0][1] == 'food' and rows[0][2:] == (True, True, 2, True)
-- @R64 PROMPT with column and AI_COMPLETE in group by
SELECT LENGTH(AI_COMPLETE('demo-small', PROMPT('Say ok to {0}', agent), {'max_tokens': 2})) > 0 AS ok, COUNT(*) AS n FROM calls GROUP BY 1;
-- check: sum(col('N')) == 4
-- @R65 AI_AGG HAVING on AI result and ORDER BY aggregate
SELECT agent FROM calls GROUP BY agent HAVING AI_FILTER(PROMPT('Is {0} a name?', agent)) IS NOT NULL ORDER BY MAX(secs) DESC NULLS LAST;
-- check: rows == [('Kim',),('Lee',)]
-- @R66 forecast with docs-style exogenous view, multi and CONFIG
CREATE OR REPLACE VIEW v_train AS SELECT TO_TIMESTAMP_NTZ(DATEADD('day', SEQ4(), '2024-01-01')) AS ts, 10 + 2 * SEQ4() AS y FROM TABLE(GENERATOR(ROWCOUNT => 20));
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST m_docs(INPUT_DATA => SYSTEM$REFERENCE('VIEW', 'v_train'), TIMESTAMP_COLNAME => 'ts', TARGET_COLNAME => 'y', CONFIG_OBJECT => {'evaluate': FALSE, 'lower_bound': 0});
SELECT ts::DATE AS d, forecast, lower_bound <= upper_bound AS ok FROM TABLE(m_docs!FORECAST(FORECASTING_PERIODS => 2, CONFIG_OBJECT => {'prediction_interval': 0.9})) ORDER BY d;
-- check: near([(r[0], float(r[1]), r[2]) for r in rows], [(date(2024,1,21), 50.0, True), (date(2024,1,22), 52.0, True)])
-- @R67 evaluation metrics when evaluate is false
CALL m_docs!SHOW_EVALUATION_METRICS();
-- check: error is not None or rows == []
-- @R68 anomaly on a view with labels and TABLE(SELECT)
CREATE OR REPLACE SNOWFLAKE.ML.ANOMALY_DETECTION a_docs(INPUT_DATA => TABLE(v_train), TIMESTAMP_COLNAME => 'ts', TARGET_COLNAME => 'y', LABEL_COLNAME => '');
BEGIN
  CALL a_docs!DETECT_ANOMALIES(INPUT_DATA => TABLE(SELECT '2024-01-21'::TIMESTAMP_NTZ AS ts, 999 AS y), TIMESTAMP_COLNAME => 'ts', TARGET_COLNAME => 'y');
  LET q := SQLID;
  CREATE OR REPLACE TABLE anomalies AS SELECT * FROM TABLE(RESULT_SCAN(:q)) WHERE is_anomaly;
END;
SELECT ts, y FROM anomalies;
-- check: len(rows) == 1 and float(rows[0][1]) == 999.0
-- @R69 alter session unset & show parameters
ALTER SESSION SET AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR = TRUE;
SELECT AI_REDACT('x', ['NO_SUCH']);
ALTER SESSION SET AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR = FALSE;
ALTER SESSION UNSET AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR;
-- check: results[1].error is not None and error is None
-- @R70 whitespace, trailing comma, semicolon variants
SELECT 1 AS a, 2 AS b, FROM (SELECT 1);;
-- check: rows == [(1,2)]
-- @R71 object type casts & is functions
SELECT TYPEOF([1]::VARIANT) AS a, TYPEOF(PARSE_JSON('null')) AS b, IS_INTEGER(PARSE_JSON('1')) AS c, IS_BOOLEAN(PARSE_JSON('true')) AS d, IS_VARCHAR(PARSE_JSON('"a"')) AS e, AS_VARCHAR(PARSE_JSON('"a"')) AS f, AS_ARRAY(PARSE_JSON('[1]'))[0]::INT AS g, SYSTEM$TYPEOF(1) AS h, TYPEOF('a'::VARIANT) AS i;
-- check: rows[0][:7] == ('ARRAY','NULL_VALUE',True,True,True,'a',1) and rows[0][7].startswith('NUMBER') and rows[0][8] == 'VARCHAR'
-- @R72 least/greatest dates and between timestamps
SELECT GREATEST('2025-01-01'::DATE, '2025-02-01'::DATE) AS g, COUNT(*) AS n FROM calls WHERE at BETWEEN '2025-05-01' AND '2025-05-02' OR at::DATE = '2025-06-02';
-- check: rows == [(date(2025,2,1), 3)]
-- @R73 order by position, expression and random-free hash
SELECT agent, secs FROM calls ORDER BY 1 DESC, 2 NULLS FIRST;
-- check: rows == [('Lee',None),('Lee',60),('Kim',120),('Kim',300)]
-- @R74 count distinct of expression with AI and filter on alias
SELECT COUNT(DISTINCT AI_SENTIMENT(transcript):categories[0]:sentiment::STRING) AS kinds, SUM(secs) AS total FROM calls HAVING kinds >= 1;
-- check: rows == [(2, 480)]
-- @R75 group_concat of extracts in window frames
SELECT call_id, LISTAGG(agent, '>') OVER (PARTITION BY agent) AS l, COUNT(DISTINCT agent) OVER () AS d FROM calls ORDER BY call_id LIMIT 1;
-- check: rows == [(1,'Kim>Kim',2)]
-- @R77 session variable from AI result
SET mood = (SELECT AI_SENTIMENT('I hate this'):categories[0]:sentiment::STRING);
SELECT $mood AS m, AI_CLASSIFY($mood, ['negative','positive']):labels[0]::STRING AS l;
-- check: rows == [('negative','negative')]
-- @R78 multi-row VALUES with expressions and AI
SELECT column1 AS t, AI_SENTIMENT(column1):categories[0]:sentiment::STRING AS m FROM VALUES ('I love ' || 'it'), (UPPER('terrible service')) ORDER BY t;
-- check: rows == [('I love it','positive'),('TERRIBLE SERVICE','negative')]
-- @R79 delete with subquery on AI, using alias
DELETE FROM good g USING calls c WHERE g.id = c.call_id AND AI_SENTIMENT(c.transcript):categories[0]:sentiment = 'positive';
SELECT COUNT(*) FROM good;
-- check: rows == [(0,)]
