-- A third round over the reference: edges, errors, NULLs and pipelines. Read by test_further_patterns.py.
-- @T00 setup
CREATE OR REPLACE TABLE fb (id INT, product VARCHAR, txt VARCHAR, day TIMESTAMP_NTZ);
INSERT INTO fb VALUES (1,'lamp','I love this lamp, it is beautiful.','2025-01-01'),(2,'lamp','It broke after one day. Awful.','2025-01-02'),(3,'desk','Great desk, sturdy and fair price.','2025-01-03'),(4,'desk',NULL,'2025-01-04'),(5,'desk','','2025-01-05');
CREATE OR REPLACE TABLE hist (k VARCHAR, d TIMESTAMP_NTZ, y FLOAT, x FLOAT, bad BOOLEAN);
INSERT INTO hist SELECT IFF(MOD(SEQ4(), 2) = 0, 'a', 'b'), DATEADD('day', FLOOR(SEQ4() / 2), '2024-01-01'::TIMESTAMP_NTZ), 10 + 2 * FLOOR(SEQ4() / 2), MOD(FLOOR(SEQ4() / 2), 3), FALSE FROM TABLE(GENERATOR(ROWCOUNT => 60));
-- check: [str(r.error) for r in results if r.error] == []
-- @T01 redact with boolean in the place of categories
SELECT id, AI_REDACT(txt, TRUE):error IS NULL AS ok, AI_REDACT(txt, TRUE):value::STRING = txt AS same FROM fb WHERE id = 1;
-- check: rows == [(1, True, True)]
-- @T02 count tokens: upper-case name, positional boolean
SELECT AI_COUNT_TOKENS('AI_SENTIMENT', 'x') AS a, AI_COUNT_TOKENS('ai_sentiment', 'x', TRUE) AS b, AI_COUNT_TOKENS('ai_sentiment', REPEAT('a ', 40)) > 100 AS c;
-- check: rows == [(None, None, True)]
-- @T03 sentiment order and count
SELECT ARRAY_SIZE(r:categories) AS n, r:categories[0]:name::STRING AS a, r:categories[1]:name::STRING AS b, r:categories[3]:name::STRING AS d FROM (SELECT AI_SENTIMENT(txt, ['shape','Price','light']) AS r FROM fb WHERE id = 1);
-- check: rows[0][0] == 4 and rows[0][1] == 'overall' and {rows[0][2], rows[0][3]} <= {'Price','light','shape'}
-- @T04 vectors in AI_SIMILARITY
SELECT ROUND(AI_SIMILARITY(AI_EMBED('e5-base-v2', 'cat'), AI_EMBED('e5-base-v2', 'cat')), 3) AS s;
-- check: near(float(one), 1.0)
-- @T05 PROMPT with a spare argument, in AI_COMPLETE with details
SELECT PROMPT('Hi {0}', 'a', 'b'):args[1]::STRING AS spare, AI_COMPLETE(model => 'demo-small', prompt => PROMPT('Say {0}', 'ok'), model_parameters => {'max_tokens': 2}, show_details => TRUE):model::STRING AS m;
-- check: rows == [('b','demo-small')]
-- @T06 NULL inputs of everything
SELECT AI_SUMMARIZE(NULL) AS a, AI_TRANSLATE(NULL, 'de', 'en') AS b, AI_REDACT(NULL) AS c, AI_EMBED('e5-base-v2', NULL) AS d, AI_FILTER(NULL) AS e, AI_COMPLETE('demo-small', NULL) AS f, SNOWFLAKE.CORTEX.SENTIMENT(NULL) AS g, SNOWFLAKE.CORTEX.SUMMARIZE(NULL) AS h, AI_COUNT_TOKENS('ai_summarize', NULL) AS i, SNOWFLAKE.CORTEX.SPLIT_TEXT_RECURSIVE_CHARACTER(NULL, 'none', 10) AS j;
-- check: rows == [(None,) * 10]
-- @T07 AI over empty strings
SELECT id, AI_SENTIMENT(txt) IS NULL OR TRUE AS a, SNOWFLAKE.CORTEX.SENTIMENT(txt) AS s FROM fb WHERE id >= 4 ORDER BY id;
-- check: rows[0][2] is None and rows[1][2] in (0, 0.0, None)
-- @T08 classify twenty-one categories, unicode labels, case sensitivity
SELECT AI_CLASSIFY('Ich liebe Käse', ['Käse','Wein']):labels[0]::STRING AS a, AI_CLASSIFY('red', ARRAY_GENERATE_RANGE(0, 21)::ARRAY) IS NULL AS b;
-- check: error is not None or rows[0][0] == 'Käse'
-- @T09 duplicates in object labels
SELECT AI_CLASSIFY('x', [{'label':'a'},{'label':'a'}]);
-- check: error is not None
-- @T10 classify legacy with description objects & task
SELECT SNOWFLAKE.CORTEX.CLASSIFY_TEXT(txt, [{'label':'furniture','description':'desks and chairs'},{'label':'lighting','description':'lamps'}], {'task_description':'product group'}):label::STRING AS g, id FROM fb WHERE id IN (1, 3) ORDER BY id;
-- check: rows == [('lighting',1),('furniture',3)]
-- @T11 group by AI label with having and percentage
SELECT AI_CLASSIFY(txt, ['praise','complaint']):labels[0]::STRING AS l, COUNT(*) AS n, ROUND(100 * RATIO_TO_REPORT(COUNT(*)) OVER (), 1) AS pct FROM fb WHERE LENGTH(txt) > 0 GROUP BY l ORDER BY n DESC, l;
-- check: sum(col('N')) == 3 and abs(float(sum(col('PCT'))) - 100) < 0.2
-- @T12 AI_EXTRACT scores with arrays of questions
SELECT AI_EXTRACT(text => 'Ann paid 12 EUR', responseFormat => [['who','Who paid?'],['sum','How much was paid?']], scores => TRUE) AS r;
-- check: set(one['response']) == {'who','sum'} and set(one['scoring']['scores']) == {'who','sum'} and all(0 <= v['score'] <= 1 for v in one['scoring']['scores'].values())
-- @T13 extract with an empty response format
SELECT AI_EXTRACT('x', {}) AS r;
-- check: error is not None or one['error'] is not None
-- @T14 complete three positional arguments with type literal named
SELECT AI_COMPLETE('demo-small', 'Ann is 30', response_format => TYPE OBJECT(age INT)):age::INT AS age;
-- check: rows == [(30,)]
-- @T15 complete: details plus response format keep usage
SELECT r:structured_output[0]:raw_message:age::INT AS age, r:structured_output[0]:type::STRING AS t, r:usage:total_tokens::INT > 0 AS u, r:choices IS NULL AS c FROM (SELECT AI_COMPLETE(model => 'demo-small', prompt => 'Ann is 30', response_format => TYPE OBJECT(age INT), show_details => TRUE) AS r);
-- check: rows == [(30,'json',True,True)]
-- @T16 TRY_COMPLETE unknown with options and history
SELECT SNOWFLAKE.CORTEX.TRY_COMPLETE('no-such-model', [{'role':'user','content':'x'}], {}) AS t;
-- check: rows == [(None,)]
-- @T17 legacy complete history without options
SELECT SNOWFLAKE.CORTEX.COMPLETE('demo-small', [{'role':'user','content':'x'}]) AS t;
-- check: error is not None or isinstance(one, str)
-- @T18 model admin forms
CREATE SNOWFLAKE.ML.FORECAST IF NOT EXISTS f1(INPUT_DATA => TABLE(SELECT d, y FROM hist WHERE k = 'a'), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'Y');
SHOW SNOWFLAKE.ML.FORECAST LIKE 'F1';
DROP SNOWFLAKE.ML.FORECAST IF EXISTS f1;
DROP SNOWFLAKE.ML.FORECAST f1;
-- check: results[0].rows == [('Instance F1 successfully created.',)] and len(results[1].rows) == 1 and results[2].error is None and error is not None
-- @T19 multi series with exogenous features
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST fx(INPUT_DATA => TABLE(SELECT k, d, y, x FROM hist), SERIES_COLNAME => 'K', TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'Y');
CALL fx!FORECAST(INPUT_DATA => TABLE(SELECT 'a' AS k, '2024-01-31'::TIMESTAMP_NTZ AS d, 0 AS x UNION ALL SELECT 'b', '2024-01-31', 0), SERIES_COLNAME => 'K', TIMESTAMP_COLNAME => 'D');
-- check: [r[0] for r in rows] == ['a','b'] and all(abs(r[2] - 70) < 3 for r in rows)
-- @T20 metrics and importance in FROM
SELECT error_metric, metric_value FROM TABLE(fx!SHOW_EVALUATION_METRICS()) WHERE series = 'a' AND error_metric IN ('MAE','MSE') ORDER BY 1;
SELECT COUNT(*) > 0 AS ok FROM TABLE(fx!EXPLAIN_FEATURE_IMPORTANCE());
-- check: [r[0] for r in results[0].rows] == ['MAE','MSE'] and rows == [(True,)]
-- @T21 prediction interval width grows
SELECT a.w < b.w OR (a.w = 0 AND b.w = 0) AS ok FROM (SELECT SUM(upper_bound - lower_bound) AS w FROM TABLE(fn!FORECAST(FORECASTING_PERIODS => 3, CONFIG_OBJECT => {'prediction_interval': 0.5}))) a, (SELECT SUM(upper_bound - lower_bound) AS w FROM TABLE(fn!FORECAST(FORECASTING_PERIODS => 3, CONFIG_OBJECT => {'prediction_interval': 0.99}))) b;
-- check: error is not None and 'FN' in error.message
-- @T22 anomalies: label column with a spike
CREATE OR REPLACE TABLE spike AS SELECT d, IFF(d = '2024-01-15', 500, y) AS y, d = '2024-01-15' AS bad FROM hist WHERE k = 'a';
CREATE OR REPLACE SNOWFLAKE.ML.ANOMALY_DETECTION ad(INPUT_DATA => TABLE(spike), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'Y', LABEL_COLNAME => 'BAD');
CALL ad!DETECT_ANOMALIES(INPUT_DATA => TABLE(SELECT '2024-01-31'::TIMESTAMP_NTZ AS d, 400 AS y), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'Y');
-- check: rows[0][6] is True
-- @T23 drivers ordered
CREATE OR REPLACE SNOWFLAKE.ML.TOP_INSIGHTS ti();
CALL ti!GET_DRIVERS(INPUT_DATA => TABLE(SELECT k, y, d >= '2024-01-20' AS late FROM hist), LABEL_COLNAME => 'LATE', METRIC_COLNAME => 'Y');
-- check: rows[0][0] == ['Overall'] and columns[0] == 'CONTRIBUTOR'
-- @T24 predict with nested query and CASE
CREATE OR REPLACE SNOWFLAKE.ML.CLASSIFICATION c1(INPUT_DATA => TABLE(SELECT x, y, IFF(y > 40, 'high', 'low') AS lvl FROM hist), TARGET_COLNAME => 'LVL');
WITH p AS (SELECT y, c1!PREDICT(INPUT_DATA => {'X': x, 'Y': y}) AS r FROM hist WHERE k = 'a') SELECT r:class::STRING AS c, COUNT(*) AS n, MIN(y) AS lo FROM p GROUP BY c ORDER BY lo;
-- check: [r[0] for r in rows] == ['low','high'] and rows[0][1] + rows[1][1] == 30
-- @T25 probability sums to one
SELECT ROUND(p:probability:high::FLOAT + p:probability:low::FLOAT, 6) AS s FROM (SELECT c1!PREDICT(INPUT_DATA => OBJECT_CONSTRUCT('X', 1, 'Y', 12)) AS p);
-- check: near(float(one), 1.0)
-- @T26 flatten SEQ, THIS, KEY
SELECT f.seq, f.key, f.index, f.this:b::INT AS b, f.value::INT AS v FROM TABLE(FLATTEN(PARSE_JSON('{"a":1,"b":2}'))) f ORDER BY f.key;
-- check: rows == [(1,'a',None,2,1),(1,'b',None,2,2)]
-- @T27 cast errors inside TRY and path
SELECT TRY_CAST(PARSE_JSON('{"a":"x"}'):a::STRING AS INT) AS a, PARSE_JSON('{"a":"5"}'):a::INT AS b, PARSE_JSON('{"a":"5"}'):a = '5' AS c, PARSE_JSON('{"a":{"b":[10,20]}}')['a']['b'][1]::INT AS d;
-- check: rows == [(None,5,True,20)]
-- @T28 number scale
SELECT 2.567::NUMBER(10,2) AS a, 1.005::NUMBER(10,2) AS b, 12345.678::NUMBER(7,1) AS c, CAST('3.7' AS NUMBER) AS d;
-- check: near([float(v) for v in rows[0]], [2.57, 1.01, 12345.7, 4.0])
-- @T29 number overflow
SELECT 123456::NUMBER(5,2);
-- check: error is not None
-- @T30 like case, ilike accents, substr zero
SELECT 'Émile' ILIKE 'é%' AS a, 'abc' LIKE 'ABC' AS b, SUBSTR('hello', 0, 3) AS c, UPPER('ß') AS d, LOWER('ÄÖ') AS e;
-- check: rows[0][0] is True and rows[0][1] is False and rows[0][2] == 'hel' and rows[0][4] == 'äö'
-- @T31 dateadd keeps time, end of month
SELECT DATEADD('day', 1, '2025-01-31 22:10:00'::TIMESTAMP_NTZ) AS a, DATEADD('month', 1, '2025-01-31'::DATE) AS b, DATEADD(hour, 5, '2025-01-01'::DATE) AS c, DATEDIFF('month', '2025-01-31', '2025-02-01') AS d;
-- check: rows == [(datetime(2025,2,1,22,10), date(2025,2,28), datetime(2025,1,1,5), 1)]
-- @T32 sample seed and size, and pivot without aggregate alias
SELECT COUNT(*) FROM (SELECT * FROM hist SAMPLE ROW (50) SEED (3));
-- check: 5 < one < 55
-- @T33 last_value ignore nulls over AI
SELECT id, LAST_VALUE(NULLIF(AI_SENTIMENT(txt):categories[0]:sentiment::STRING, 'neutral')) IGNORE NULLS OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS m FROM fb ORDER BY id LIMIT 4;
-- check: [r[1] for r in rows] == ['positive','negative','positive','positive']
-- @T34 lag over AI with ignore nulls
SELECT id, LAG(AI_SENTIMENT(txt):categories[0]:sentiment::STRING) IGNORE NULLS OVER (ORDER BY id) AS m FROM fb ORDER BY id LIMIT 4;
-- check: [r[1] for r in rows] == [None,'positive','negative','positive']
-- @T35 object_agg and array_agg distinct of AI
SELECT product, ARRAY_AGG(DISTINCT AI_SENTIMENT(txt):categories[0]:sentiment::STRING) WITHIN GROUP (ORDER BY AI_SENTIMENT(txt):categories[0]:sentiment::STRING) AS moods FROM fb WHERE id <= 3 GROUP BY product ORDER BY product;
-- check: rows == [('desk',['positive']),('lamp',['negative','positive'])]
-- @T36 cross database style names, quoted alias in order by
SELECT f."ID" AS "the id", AI_SENTIMENT(f.txt):categories[0]:sentiment::STRING AS "Mood" FROM demo_db.public.fb AS f WHERE f.id < 3 ORDER BY "the id" DESC;
-- check: columns == ['the id','Mood'] and rows == [(2,'negative'),(1,'positive')]
-- @T37 insert into select with AI and explicit cast of vector column, then search with order and limit
CREATE OR REPLACE TABLE docs (id INT, chunk VARCHAR, emb VECTOR(FLOAT, 768));
INSERT INTO docs (id, chunk, emb) SELECT id, txt, AI_EMBED('snowflake-arctic-embed-m-v1.5', txt) FROM fb WHERE txt <> '';
SELECT id FROM docs ORDER BY VECTOR_COSINE_SIMILARITY(emb, AI_EMBED('snowflake-arctic-embed-m-v1.5', 'it fell apart')) DESC LIMIT 1;
SELECT id FROM docs ORDER BY VECTOR_L2_DISTANCE(emb, AI_EMBED('snowflake-arctic-embed-m-v1.5', 'it fell apart')) LIMIT 1;
-- check: results[2].rows == [(2,)] and rows == [(2,)]
-- @T38 RAG pattern: context by LISTAGG and AI_COMPLETE
WITH best AS (SELECT chunk FROM docs ORDER BY VECTOR_COSINE_SIMILARITY(emb, AI_EMBED('snowflake-arctic-embed-m-v1.5', 'Which desk?')) DESC LIMIT 2), ctx AS (SELECT LISTAGG(chunk, '\n') AS c FROM best) SELECT LENGTH(AI_COMPLETE('demo-small', 'Answer from the context: ' || c || ' Question: which desk?', {'max_tokens': 8})) > 0 AS ok FROM ctx;
-- check: rows == [(True,)]
-- @T39 split, embed, flatten pipeline into a table
CREATE OR REPLACE TABLE chunks AS SELECT f.id, c.index AS n, c.value::VARCHAR AS chunk FROM fb f, LATERAL FLATTEN(INPUT => SNOWFLAKE.CORTEX.SPLIT_TEXT_RECURSIVE_CHARACTER(f.txt, 'none', 20, 0)) c;
SELECT COUNT(*) > 4 AS many, MAX(LENGTH(chunk)) <= 20 AS short FROM chunks;
-- check: rows == [(True, True)]
-- @T40 CASE over several AI with fallthrough
SELECT id, CASE WHEN txt IS NULL THEN 'none' WHEN txt = '' THEN 'empty' WHEN AI_SENTIMENT(txt):categories[0]:sentiment = 'negative' THEN 'escalate' ELSE AI_CLASSIFY(txt, ['lamp','desk']):labels[0]::STRING END AS r FROM fb ORDER BY id;
-- check: rows == [(1,'lamp'),(2,'escalate'),(3,'desk'),(4,'none'),(5,'empty')]
-- @T41 semi-join on AI label table
SELECT f.id FROM fb f WHERE AI_CLASSIFY(f.txt, ['lamp','desk']):labels[0]::STRING IN (SELECT product FROM fb GROUP BY product HAVING COUNT(*) > 2) AND f.txt <> '' ORDER BY 1;
-- check: 3 in col('ID')
-- @T42 switch for failing rows
ALTER SESSION SET AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR = TRUE;
SELECT AI_COMPLETE('no-such-model', 'x');
ALTER SESSION SET AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR = FALSE;
SELECT AI_COMPLETE('no-such-model', 'x') IS NULL AS n;
ALTER SESSION UNSET AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR;
-- check: results[1].error is not None and results[3].rows == [(True,)]
-- @T43 translate and its details over rows
SELECT id, AI_TRANSLATE(txt, 'en', 'de', return_error_details => TRUE):error IS NOT NULL AS failed FROM fb WHERE id <= 2 ORDER BY id;
-- check: len(rows) == 2 and all(isinstance(r[1], bool) for r in rows)
-- @T44 explain AI on a mixed query
EXPLAIN AI SELECT id, AI_SENTIMENT(txt) FROM fb WHERE AI_FILTER(PROMPT('About a lamp: {0}', txt)) AND product = 'lamp' ORDER BY id LIMIT 1;
-- check: error is None and len(rows) >= 2
