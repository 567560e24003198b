-- Further patterns, in own words: every construct of the reference at least once. Read by test_further_patterns.py.
-- "-- check:" lines are Python expressions about the last statement's result; near() compares with a tolerance.
-- @F00 tables
CREATE OR REPLACE TABLE feedback (id NUMBER, hotel VARCHAR, stayed DATE, body VARCHAR, meta VARIANT);
INSERT INTO feedback SELECT column1, column2, column3::DATE, column4, PARSE_JSON(column5) FROM VALUES
 (1, 'Alpha', '2025-01-30', 'Spotless room and a kind, helpful team.', '{"stars":"5","tags":["room","staff"],"guest":{"name":"Ann","vip":true}}'),
 (2, 'Alpha', '2025-02-01', 'The shower leaked and nobody came to fix it.', '{"stars":2,"tags":["bath"],"guest":{"name":"Bo","vip":false}}'),
 (3, 'Beta', '2025-02-03', 'Breakfast was cold, the coffee was excellent.', '{"stars":3,"tags":[],"guest":null}'),
 (4, 'Beta', '2025-02-28', 'Breakfast was cold, the coffee was excellent.', NULL),
 (5, 'Beta', '2025-03-01', NULL, '{"stars":1}');
CREATE OR REPLACE TABLE visits AS
 SELECT IFF(SEQ4() < 24, 'north', 'south') AS area, DATEADD('day', MOD(SEQ4(), 24), '2025-01-01'::TIMESTAMP_NTZ) AS at_day,
   (IFF(SEQ4() < 24, 5, 100) + 3 * MOD(SEQ4(), 24))::FLOAT AS guests
 FROM TABLE(GENERATOR(ROWCOUNT => 48));
CREATE OR REPLACE VIEW north_visits AS SELECT at_day, guests FROM visits WHERE area = 'north';
-- check: [r.error for r in results] == [None] * 4
-- @F01 AI_COMPLETE with positional options
SELECT AI_COMPLETE('demo-small', 'Name a fruit.', {'temperature': 0, 'max_tokens': 6}) AS fruit;
-- check: columns == ['FRUIT'] and isinstance(one, str)
-- @F02 AI_COMPLETE from a PROMPT per row, NULL stays NULL and costs nothing
SELECT id, AI_COMPLETE('demo-small', PROMPT('Shorten: {0}', body), {'max_tokens': 8}) AS short FROM feedback WHERE id IN (1, 5) ORDER BY id;
-- check: isinstance(rows[0][1], str) and rows[1] == (5, None)
-- check: meter.model_inputs == 1
-- @F03 details: choices, created, model, usage
SELECT AI_COMPLETE(model => 'demo-small', prompt => 'Hi', model_parameters => {'max_tokens': 3}, show_details => TRUE) AS d;
-- check: set(one) == {'choices', 'created', 'model', 'usage'} and isinstance(one['created'], int)
-- check: one['usage']['total_tokens'] == one['usage']['prompt_tokens'] + one['usage']['completion_tokens']
-- check: isinstance(one['choices'][0]['messages'], str)
-- @F04 a JSON schema and details together: structured_output replaces choices
SELECT AI_COMPLETE(model => 'demo-small', prompt => body, response_format => {'type': 'json', 'schema': {'type': 'object', 'properties': {'score': {'type': 'number'}}, 'required': ['score']}}, show_details => TRUE) AS d FROM feedback WHERE id = 1;
-- check: 'choices' not in one and one['structured_output'][0]['type'] == 'json'
-- check: isinstance(one['structured_output'][0]['raw_message']['score'], float)
-- @F05 a type literal of several fields
SELECT o:score::FLOAT AS score, o:mood::STRING AS mood FROM (SELECT AI_COMPLETE(model => 'demo-small', prompt => body, response_format => TYPE OBJECT(score FLOAT, mood VARCHAR)) AS o FROM feedback WHERE id = 2);
-- check: isinstance(rows[0][0], float) and isinstance(rows[0][1], str)
-- @F06 an unknown model: NULL, or the error beside it
SELECT AI_COMPLETE('nobody-1', 'x') AS plain, AI_COMPLETE(model => 'nobody-1', prompt => 'x', return_error_details => TRUE) AS full_result;
-- check: rows[0][0] is None and rows[0][1]['value'] is None and 'nobody-1' in rows[0][1]['error']
-- @F07 AI_CLASSIFY with names, description objects and several labels
SELECT AI_CLASSIFY(input => body, list_of_categories => [{'label': 'room', 'description': 'room and bath'}, {'label': 'food', 'description': 'meals and drinks'}], config_object => {'task_description': 'What is it about?', 'output_mode': 'multi', 'examples': [{'input': 'cold soup', 'labels': ['food'], 'explanation': 'a meal'}]}):labels AS l FROM feedback WHERE id = 3;
-- check: isinstance(one, list) and set(one) <= {'room', 'food'}
-- @F08 single mode has exactly one label; equal texts cost one request
SELECT id, AI_CLASSIFY(body, ['room', 'food']) AS c FROM feedback ORDER BY id;
-- check: all(len(c['labels']) == 1 for c in col('C')[:4]) and col('C')[4] is None
-- check: col('C')[2] == col('C')[3] and meter.model_inputs == 3
-- @F09 error details by position: a BOOLEAN where the configuration may stand
SELECT AI_CLASSIFY('Late again', ['delivery', 'price'], TRUE) AS c;
-- check: set(one) == {'value', 'error'} and one['error'] is None and len(one['value']['labels']) == 1
-- @F10 one category is refused
SELECT AI_CLASSIFY('x', ['only']);
-- check: error is not None and 'categories' in error.message and error.hint
-- @F11 NULL for a skipped optional is refused
SELECT AI_CLASSIFY('x', ['a', 'b'], NULL, TRUE);
-- check: error is not None and 'NULL' in error.message
-- @F12 AI_FILTER: NULL in, NULL out; usable as a value
SELECT id, AI_FILTER(PROMPT('This is about food: {0}', body)) AS yes FROM feedback ORDER BY id;
-- check: all(y is None or isinstance(y, bool) for y in col('YES')) and col('YES')[4] is None and kinds == ['NUMBER', 'BOOLEAN']
-- @F13 AI_FILTER in HAVING-like position: counted per group
SELECT hotel, COUNT_IF(AI_FILTER(CONCAT('This is a complaint: ', body))) AS complaints FROM feedback GROUP BY hotel ORDER BY hotel;
-- check: col('HOTEL') == ['Alpha', 'Beta'] and all(isinstance(n, int) for n in col('COMPLAINTS'))
-- @F14 AI_FILTER with error details
SELECT AI_FILTER('This is about food: soup', TRUE) AS f;
-- check: set(one) == {'value', 'error'}
-- @F15 AI_SENTIMENT: overall first, the rest by name
SELECT AI_SENTIMENT('The bed was soft, the bill was a shock', ['zone', 'bed', 'price']):categories AS c;
-- check: [item['name'] for item in one] == ['overall', 'bed', 'price', 'zone']
-- check: all(set(item) == {'name', 'sentiment'} for item in one)
-- @F16 eleven categories, or one of 31 characters, are refused
SELECT AI_SENTIMENT('x', ['a','b','c','d','e','f','g','h','i','j','k']);
-- check: error is not None and '10' in error.message
-- @F17 AI_SENTIMENT with error details, FLATTEN over the records
SELECT f.value:name::STRING AS name, f.value:sentiment::STRING AS mood FROM (SELECT AI_SENTIMENT('Great coffee', ['coffee'], TRUE):value AS v) q, LATERAL FLATTEN(INPUT => q.v:categories) f ORDER BY f.index;
-- check: [r[0] for r in rows] == ['overall', 'coffee'] and rows[0][1] == 'positive'
-- @F18 the 110-character rule
SELECT AI_SUMMARIZE(REPEAT('x', 110)) = REPEAT('x', 110) AS kept, LENGTH(AI_SUMMARIZE('The lift was out of order for three days. We asked twice. Nobody told us when it would be repaired, and the stairs are steep.')) <= 125 AS shorter;
-- check: rows == [(True, True)] and meter.model_inputs == 1
-- @F19 aggregates over groups and constants
SELECT hotel, AI_SUMMARIZE_AGG(body) AS gist, AI_AGG('Hotel ' || hotel || ': ' || body, 'Name the main complaint') AS main FROM feedback GROUP BY hotel HAVING COUNT(*) > 1 ORDER BY hotel;
-- check: len(rows) == 2 and all(isinstance(v, str) for r in rows for v in r) and meter.model_inputs == 4
-- @F20 AI_AGG of a constant
SELECT AI_AGG('The soup was cold. The bread was fresh.', 'What was cold?') AS a;
-- check: isinstance(one, str)
-- @F21 AI_SIMILARITY: text, named model, vectors, NULL
SELECT AI_SIMILARITY('a cat', 'a kitten') AS a, AI_SIMILARITY('a cat', 'a kitten', {'model': 'e5-base-v2'}) AS b, AI_SIMILARITY([1, 0]::VECTOR(FLOAT, 2), [0, 1]::VECTOR(FLOAT, 2)) AS c, AI_SIMILARITY(NULL, 'x') AS d;
-- check: -1 <= rows[0][0] <= 1 and rows[0][1] is not None and near(rows[0][2], 0.0) and rows[0][3] is None
-- @F22 dimensions of AI_EMBED and the legacy names
SELECT ARRAY_SIZE(AI_EMBED('e5-base-v2', 'a')::ARRAY), ARRAY_SIZE(AI_EMBED('voyage-multilingual-2', 'a')::ARRAY), ARRAY_SIZE(SNOWFLAKE.CORTEX.EMBED_TEXT_768('snowflake-arctic-embed-m', 'a')::ARRAY), ARRAY_SIZE(SNOWFLAKE.CORTEX.EMBED_TEXT_1024('nv-embed-qa-4', 'a')::ARRAY);
-- check: rows == [(768, 1024, 768, 1024)]
-- @F23 a table with a VECTOR column, search by inner product
CREATE OR REPLACE TABLE vecs (id NUMBER, v VECTOR(FLOAT, 3));
INSERT INTO vecs SELECT 1, [1.1, 2.2, 3]::VECTOR(FLOAT, 3);
INSERT INTO vecs SELECT 2, [1, 2.2, 3]::VECTOR(FLOAT, 3);
SELECT id, VECTOR_INNER_PRODUCT(v, IFF(id = 1, [1, 1, 1], [4, 6, 8])::VECTOR(FLOAT, 3)) AS ip FROM vecs ORDER BY id;
-- check: near(col('IP'), [6.3, 41.2])
-- @F24 the documented cosine, distances
SELECT VECTOR_COSINE_SIMILARITY([1, 2.2, 3]::VECTOR(FLOAT, 3), [1, 1, 1]::VECTOR(FLOAT, 3)) AS c, VECTOR_L2_DISTANCE([0, 0]::VECTOR(FLOAT, 2), [3, 4]::VECTOR(FLOAT, 2)) AS l2, VECTOR_L1_DISTANCE([0, 0]::VECTOR(INT, 2), [3, 4]::VECTOR(INT, 2)) AS l1;
-- check: near(rows[0][1:], (5.0, 7.0)) and 0.92 < rows[0][0] < 0.95 and kinds == ['FLOAT'] * 3
-- @F25 AI_EXTRACT in each form
SELECT AI_EXTRACT('Order 8812 ships on Monday', {'order': 'Which order number?'}):response:order::STRING AS a, AI_EXTRACT(text => 'Order 8812 ships', responseFormat => ['Which order number?']):response AS b, AI_EXTRACT(text => 'Order 8812 ships', responseFormat => [['order', 'Which order number?']]):response AS c;
-- check: rows[0][0] == '8812' and list(rows[0][1]) == ['Which order number?'] and list(rows[0][2]) == ['order']
-- @F26 AI_EXTRACT by schema: string, list, table
SELECT AI_EXTRACT(text => 'Ann moved to Paris. Bo moved to Rome.', responseFormat => {'schema': {'type': 'object', 'properties': {'first_city': {'type': 'string', 'description': 'Which city?'}, 'cities': {'type': 'array', 'description': 'Which cities?'}, 'moves': {'type': 'object', 'description': 'moves', 'column_ordering': ['who', 'city'], 'properties': {'who': {'type': 'array', 'description': 'names'}, 'city': {'type': 'array', 'description': 'cities'}}}}}}) AS x;
-- check: one['error'] is None and isinstance(one['response']['cities'], list) and set(one['response']['moves']) == {'who', 'city'}
-- @F27 a list by prefix, with scores
SELECT AI_EXTRACT(text => 'We sell tea, rice and salt.', responseFormat => {'goods': 'List: what is sold?'}, scores => TRUE) AS x;
-- check: isinstance(one['response']['goods'], list) and 0 <= one['scoring']['scores']['goods']['score'] <= 1
-- @F28 scores need a name; a bad format is the answer's own error
SELECT AI_EXTRACT('x', 5) AS x;
-- check: one['response'] is None and one['error']
-- @F29 AI_TRANSLATE without an endpoint is an honest row error
SELECT AI_TRANSLATE('Guten Tag', 'de', 'en', TRUE) AS t, AI_TRANSLATE(NULL, 'de', 'en') AS n, TRANSLATE('banana', 'an', 'u') AS chars;
-- check: rows[0][0]['value'] is None and rows[0][0]['error'] and rows[0][1] is None and rows[0][2] == 'buuu'
-- @F30 AI_REDACT: chosen categories by name
SELECT AI_REDACT(input => 'Call Dana Reeve, dana@example.org or 555-0142', categories => ['EMAIL']) AS r;
-- check: '[EMAIL]' in one and 'Dana Reeve' in one and '555-0142' in one
-- @F31 AI_REDACT in detect mode: the spans cut the text
SELECT AI_REDACT(input => 'Mail ann@example.org now', categories => ['EMAIL'], mode => 'detect') AS d;
-- check: one['spans'] == [{'category': 'EMAIL', 'start': 5, 'end': 20, 'text': 'ann@example.org'}]
-- @F32 an unknown category is an error, even with the switch
SELECT AI_REDACT('x', ['SHOE_SIZE'], TRUE);
-- check: error is not None and 'SHOE_SIZE' in error.message
-- @F33 a text that is too long fails the query
SELECT AI_REDACT(REPEAT('word ', 6000));
-- check: error is not None and 'AI_REDACT' in error.message
-- @F34 .. unless the session says otherwise
ALTER SESSION SET AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR = FALSE;
SELECT AI_REDACT(REPEAT('word ', 6000)) AS r, AI_REDACT('a@b.co') AS fine;
ALTER SESSION UNSET AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR;
-- check: results[1].rows == [(None, '[EMAIL]')]
-- @F35 token counts
SELECT AI_COUNT_TOKENS('ai_sentiment', REPEAT('abcd ', 16)) AS s, AI_COUNT_TOKENS('ai_complete', 'demo-small', 'hello there') AS c, AI_COUNT_TOKENS('ai_similarity', 'abcd', 'efgh', {'model': 'e5-base-v2'}) AS m, AI_COUNT_TOKENS('ai_translate', 'abcd', 'fr', 'en') AS t, AI_COUNT_TOKENS('ai_classify', 'abcd', ['x', 'y']) AS k, AI_COUNT_TOKENS('ai_sentiment', 'x', TRUE) AS pos, AI_COUNT_TOKENS('AI_SENTIMENT', 'x') AS upper_case;
-- check: rows[0][0] == 139 and all(isinstance(n, int) and n > 0 for n in rows[0][1:5]) and rows[0][5:] == (None, None)
-- @F36 PROMPT is an object; a spare argument is fine
SELECT PROMPT('{0} or {1}', 'tea', 2, 'spare') AS p;
-- check: one == {'template': '{0} or {1}', 'args': ['tea', 2, 'spare']}
-- @F37 PROMPT without enough arguments
SELECT PROMPT('{0} or {1}', 'tea');
-- check: error is not None and '{1}' in error.message
-- @F38 recursive splitting with LATERAL FLATTEN
SELECT d.id, c.index, c.value::STRING AS chunk FROM (SELECT 7 AS id, 'one two three four five' AS body) d, LATERAL FLATTEN(INPUT => SNOWFLAKE.CORTEX.SPLIT_TEXT_RECURSIVE_CHARACTER(d.body, 'none', 12, 4)) c ORDER BY c.index;
-- check: len(rows) > 1 and all(r[0] == 7 and len(r[2]) <= 12 for r in rows) and [r[1] for r in rows] == list(range(len(rows)))
-- @F39 splitting by headings
SELECT c.value['chunk']::STRING AS chunk, c.value['headers']['h2']::STRING AS h2 FROM LATERAL FLATTEN(INPUT => SNOWFLAKE.CORTEX.SPLIT_TEXT_MARKDOWN_HEADER('# A\nfirst\n## B\nsecond', OBJECT_CONSTRUCT('#', 'h1', '##', 'h2'), 100)) c;
-- check: len(rows) == 2 and rows[0][1] is None and rows[1][1] == 'B' and 'second' in rows[1][0]
-- @F40 legacy scores, topics and answers
SELECT SNOWFLAKE.CORTEX.SENTIMENT('What a wonderful stay') AS s, SNOWFLAKE.CORTEX.ENTITY_SENTIMENT('The soup was awful', ['soup']) AS e, SNOWFLAKE.CORTEX.CLASSIFY_TEXT('cold soup', ['food', 'room'], {'task_description': 'topic'}):label::STRING AS c, SNOWFLAKE.CORTEX.EXTRACT_ANSWER('Order 8812 ships on Monday', 'Which order?') AS x, SNOWFLAKE.CORTEX.SUMMARIZE('Short.') AS z;
-- check: 0 < rows[0][0] <= 1 and [i['name'] for i in rows[0][1]['categories']] == ['overall', 'soup'] and rows[0][2] in ('food', 'room') and isinstance(rows[0][3], str) and isinstance(rows[0][4], str)
-- @F41 legacy COMPLETE: text, or a JSON string as soon as options are there
SELECT SNOWFLAKE.CORTEX.COMPLETE('demo-small', 'Hi') AS plain, PARSE_JSON(SNOWFLAKE.CORTEX.COMPLETE('demo-small', [{'role': 'user', 'content': 'Hi'}], {})):usage:total_tokens::INT AS n;
-- check: isinstance(rows[0][0], str) and rows[0][1] > 0
-- @F42 an unknown model: COMPLETE raises, TRY_COMPLETE is NULL
SELECT SNOWFLAKE.CORTEX.TRY_COMPLETE('nobody-1', [{'role': 'user', 'content': 'Hi'}], {}) AS t;
SELECT SNOWFLAKE.CORTEX.COMPLETE('nobody-1', 'Hi');
-- check: results[0].rows == [(None,)] and error is not None and 'nobody-1' in error.message
-- @F43 legacy COUNT_TOKENS and TRANSLATE
SELECT SNOWFLAKE.CORTEX.COUNT_TOKENS('mistral-large2', 'hello world') AS n;
SELECT SNOWFLAKE.CORTEX.TRANSLATE('Hallo', 'de', 'en');
-- check: isinstance(results[0].rows[0][0], int) and error is not None and 'TRANSLATE' in error.message
-- @F44 what needs files or services is refused by name
SELECT AI_PARSE_DOCUMENT(TO_FILE('@docs', 'a.pdf'));
-- check: error is not None and 'AI_PARSE_DOCUMENT' in error.message and error.hint
-- @F45 two calls on the same text have the same value and cost one request
SELECT COUNT(*) AS n, COUNT_IF(a = b) AS same FROM (SELECT AI_SENTIMENT(body):categories[0]:sentiment::STRING AS a, AI_SENTIMENT(body):categories[0]:sentiment::STRING AS b FROM feedback WHERE body IS NOT NULL);
-- check: rows == [(4, 4)] and meter.model_inputs == 3
-- @F46 CASE guards the model
SELECT CASE WHEN id = 1 THEN AI_CLASSIFY(body, ['guarded', 'rows']):labels[0]::STRING ELSE 'skipped' END AS c FROM feedback ORDER BY id;
-- check: col('C')[1:] == ['skipped'] * 4 and meter.model_inputs == 1
-- @F47 cheap condition first, whichever way round it is written
SELECT id FROM feedback WHERE AI_FILTER(PROMPT('First: {0}', body)) AND id < 2;
-- check: meter.model_inputs == 1
-- @F48 late materialisation
SELECT id, AI_CLASSIFY(body, ['late', 'early']) AS c FROM feedback WHERE body IS NOT NULL ORDER BY id DESC LIMIT 1;
-- check: rows[0][0] == 4 and meter.model_inputs == 1
-- @F49 QUALIFY and an alias in WHERE
SELECT hotel, id, LENGTH(body) AS size FROM feedback WHERE size > 10 QUALIFY ROW_NUMBER() OVER (PARTITION BY hotel ORDER BY size DESC, id) = 1 ORDER BY hotel;
-- check: rows == [('Alpha', 2, 44), ('Beta', 3, 45)]
-- @F50 semi-structured paths: quotes, casts, comparison, brackets, NULL
SELECT id, meta:guest.name::STRING AS n, meta:stars::INT AS stars, meta['tags'][0] AS tag, meta:guest:vip AS vip FROM feedback WHERE meta:guest.name = 'Ann' OR meta:stars = 1 ORDER BY id;
-- check: rows == [(1, 'Ann', 5, 'room', True), (5, None, 1, None, None)]
-- @F51 FLATTEN: outer, and its six columns
SELECT f.id, t.seq > 0 AS seq, t.key, t.path, t.index, t.value::STRING AS v, t.this FROM feedback f, LATERAL FLATTEN(INPUT => f.meta:tags, OUTER => TRUE) t WHERE f.id IN (1, 3) ORDER BY f.id, t.index;
-- check: [(r[0], r[4], r[5]) for r in rows] == [(1, 0, 'room'), (1, 1, 'staff'), (3, None, None)] and rows[0][3] == '[0]' and rows[0][6] == ['room', 'staff']
-- @F52 dates: boundaries, kept time, end of month, truncation
SELECT DATEDIFF('day', '2025-01-05 23:59:00'::TIMESTAMP, '2025-03-02 00:01:00'::TIMESTAMP) AS days, DATEDIFF(month, '2025-01-31', '2025-02-01') AS months, DATEADD('month', 1, '2025-01-31 08:30:00'::TIMESTAMP) AS shifted, DATE_TRUNC('week', '2025-02-05'::DATE) AS monday, DAYOFWEEK('2025-02-02'::DATE) AS sunday, TO_CHAR('2025-02-03 04:05:06'::TIMESTAMP, 'YYYY/MM/DD HH24:MI') AS text, TO_DATE('03.02.2025', 'DD.MM.YYYY') AS d;
-- check: rows == [(56, 1, datetime(2025, 2, 28, 8, 30), date(2025, 2, 3), 0, '2025/02/03 04:05', date(2025, 2, 3))]
-- @F53 strict casts, rounding, TRY_CAST
SELECT TRY_CAST('x' AS INT) AS a, 2.567::NUMBER(10,2) AS b, '2.5'::INT AS c, 7/2 AS d, TRY_CAST('2025-02-30' AS DATE) AS e, 'true'::BOOLEAN AS f;
-- check: near(rows[0], (None, 2.57, 3, 3.5, None, True))
-- @F54 a bad cast is an error
SELECT '12abc'::INT;
-- check: error is not None and '12abc' in error.message
-- @F55 text: case, accents, anchors, positions
SELECT 'Émile' ILIKE 'é%' AS a, 'abc' LIKE 'A%' AS b, RLIKE('abc', 'b') AS c, REGEXP_REPLACE('a-b-c', '-', '+') AS d, SPLIT_PART('a,b,c', ',', -1) AS e, SUBSTR('hello', 0, 2) AS f, UPPER('é') AS g, REGEXP_SUBSTR('id 42', '[0-9]+') AS h, 'x' ILIKE ANY ('X', 'y') AS i, CONTAINS('abc', 'b') AS j;
-- check: rows == [(True, False, False, 'a+b+c', 'c', 'he', 'É', '42', True, True)]
-- @F56 aggregates of Snowflake
SELECT MEDIAN(id) AS m, LISTAGG(hotel, '|') WITHIN GROUP (ORDER BY id DESC) AS l, ARRAY_AGG(id) WITHIN GROUP (ORDER BY id) AS a, MAX_BY(hotel, id) AS x, COUNT_IF(body IS NULL) AS n, APPROX_COUNT_DISTINCT(hotel) AS d, ROUND(STDDEV(id), 4) AS s, CORR(id, id * 2) AS c FROM feedback;
-- check: near(rows[0], (3.0, 'Beta|Beta|Beta|Alpha|Alpha', [1, 2, 3, 4, 5], 'Beta', 1, 2, 1.5811, 1.0))
-- @F57 objects and arrays
SELECT OBJECT_CONSTRUCT('a', 1, 'b', NULL) AS o, {'a': NULL} AS lit, ARRAY_CONSTRUCT(1, 'x') AS arr, OBJECT_KEYS({'k': 1}) AS keys, ARRAY_SIZE([1, 2, 3]) AS n, ARRAY_CONTAINS('x'::VARIANT, ['x']) AS has, OBJECT_CONSTRUCT('inner', OBJECT_CONSTRUCT('deep', [1])) AS nested;
-- check: rows == [({'a': 1}, {'a': None}, [1, 'x'], ['k'], 3, True, {'inner': {'deep': [1]}})]
-- @F58 stars, GROUP BY ALL, lateral aliases
SELECT * EXCLUDE (body, meta) RENAME (stayed AS day) FROM feedback WHERE id = 1;
SELECT hotel, MONTH(stayed) AS m, COUNT(*) AS n, n * 10 AS tenfold FROM feedback GROUP BY ALL ORDER BY ALL;
-- check: results[0].columns == ['ID', 'HOTEL', 'DAY'] and rows == [('Alpha', 1, 1, 10), ('Alpha', 2, 1, 10), ('Beta', 2, 2, 20), ('Beta', 3, 1, 10)]
-- @F59 windows
SELECT id, LAST_VALUE(body) IGNORE NULLS OVER (ORDER BY id) IS NOT NULL AS filled, ROUND(RATIO_TO_REPORT(id) OVER (), 2) AS share, LAG(id, 1, 0) OVER (ORDER BY id) AS before FROM feedback ORDER BY id;
-- check: near(col('SHARE'), [0.07, 0.13, 0.2, 0.27, 0.33]) and col('BEFORE') == [0, 1, 2, 3, 4] and all(col('FILLED'))
-- @F60 PIVOT and UNPIVOT
SELECT * FROM (SELECT hotel, id, MONTH(stayed) AS m FROM feedback) PIVOT (COUNT(id) FOR m IN (1, 2, 3)) AS p ORDER BY hotel;
SELECT * FROM (SELECT 1 AS a, 2 AS b) UNPIVOT (amount FOR name IN (a, b)) ORDER BY name;
-- check: results[0].rows == [('Alpha', 1, 1, 0), ('Beta', 0, 2, 1)] and sorted(rows) == [('A', 1), ('B', 2)]
-- @F61 NULLs sort last ascending, first descending
SELECT body IS NULL AS n FROM feedback ORDER BY body;
SELECT body IS NULL AS n FROM feedback ORDER BY body DESC;
-- check: results[0].rows[-1] == (True,) and rows[0] == (True,)
-- @F62 session variables and dollar quotes
SET wanted = 'Beta';
SELECT COUNT(*) AS n, $$it's$$ AS q FROM feedback WHERE hotel = $wanted;
-- check: rows == [(3, "it's")]
-- @F63 forecast of a view: 24 linear days go on exactly
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST guests(INPUT_DATA => TABLE(north_visits), TIMESTAMP_COLNAME => 'AT_DAY', TARGET_COLNAME => 'GUESTS');
CALL guests!FORECAST(FORECASTING_PERIODS => 2, CONFIG_OBJECT => {'prediction_interval': 0.8, 'on_error': 'abort'});
-- check: near(rows, [(None, datetime(2025, 1, 25), 77.0, 77.0, 77.0), (None, datetime(2025, 1, 26), 80.0, 80.0, 80.0)]) and kinds[0] == 'VARIANT'
-- @F64 several series by position; one of them, all of them
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST areas(SYSTEM$REFERENCE('TABLE', 'visits'), 'AREA', 'AT_DAY', 'GUESTS');
CALL areas!FORECAST(SERIES_VALUE => 'south', FORECASTING_PERIODS => 1);
SELECT series, forecast FROM TABLE(areas!FORECAST(FORECASTING_PERIODS => 1)) ORDER BY series;
-- check: near(results[1].rows[0][:3], ('south', datetime(2025, 1, 25), 172.0)) and near(rows, [('north', 77.0), ('south', 172.0)])
-- @F65 a query reference; history and forecast in one chart table
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST q(INPUT_DATA => SYSTEM$QUERY_REFERENCE('select at_day, guests from visits where area = ''south'''), TIMESTAMP_COLNAME => 'AT_DAY', TARGET_COLNAME => 'GUESTS');
SELECT at_day AS ts, guests AS actual, NULL AS forecast, NULL AS lower_bound FROM visits WHERE area = 'south' UNION ALL SELECT ts, NULL, forecast, lower_bound FROM TABLE(q!FORECAST(FORECASTING_PERIODS => 2)) ORDER BY ts DESC LIMIT 3;
-- check: near([r[1:3] for r in rows], [(None, 175.0), (None, 172.0), (169.0, None)])
-- @F66 future features in place of a number of periods
CREATE OR REPLACE TABLE sales AS SELECT DATEADD('day', SEQ4(), '2025-01-01'::TIMESTAMP_NTZ) AS d, MOD(SEQ4(), 5) AS promo, (10 + 20 * MOD(SEQ4(), 5) + MOD(SEQ4() * 7, 3))::FLOAT AS y FROM TABLE(GENERATOR(ROWCOUNT => 40));
CREATE OR REPLACE TABLE plan AS SELECT DATEADD('day', SEQ4(), '2025-02-10'::TIMESTAMP_NTZ) AS d, MOD(SEQ4(), 5) AS promo FROM TABLE(GENERATOR(ROWCOUNT => 3));
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST promos(INPUT_DATA => TABLE(sales), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'Y');
CALL promos!FORECAST(INPUT_DATA => TABLE(plan), TIMESTAMP_COLNAME => 'D');
-- check: len(rows) == 3 and [r[1] for r in rows] == [datetime(2025, 2, 10 + i) for i in range(3)] and all(r[3] <= r[2] <= r[4] for r in rows)
-- @F67 feature importance and training logs
SELECT * FROM TABLE(promos!EXPLAIN_FEATURE_IMPORTANCE()) ORDER BY rank;
CALL promos!SHOW_TRAINING_LOGS();
-- check: results[0].columns == ['SERIES', 'RANK', 'FEATURE_NAME', 'SCORE', 'FEATURE_TYPE'] and columns == ['SERIES', 'LOGS']
-- @F68 evaluation metrics, filtered
SELECT error_metric, metric_value FROM TABLE(guests!SHOW_EVALUATION_METRICS()) WHERE error_metric IN ('MAE', 'SMAPE') ORDER BY 1;
-- check: near(rows, [('MAE', 0.0), ('SMAPE', 0.0)])
-- @F69 fewer than twelve rows: the last value; one timestamp: an error
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST few(INPUT_DATA => TABLE(SELECT * FROM north_visits ORDER BY at_day LIMIT 5), TIMESTAMP_COLNAME => 'AT_DAY', TARGET_COLNAME => 'GUESTS');
SELECT forecast FROM TABLE(few!FORECAST(FORECASTING_PERIODS => 2));
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST lone(INPUT_DATA => TABLE(SELECT * FROM north_visits LIMIT 1), TIMESTAMP_COLNAME => 'AT_DAY', TARGET_COLNAME => 'GUESTS');
-- check: near(results[1].rows, [(17.0,), (17.0,)]) and 'At least two unique timestamps are required.' in error.message
-- @F70 SHOW, IF NOT EXISTS, DROP
CREATE SNOWFLAKE.ML.FORECAST IF NOT EXISTS few(INPUT_DATA => TABLE(north_visits), TIMESTAMP_COLNAME => 'AT_DAY', TARGET_COLNAME => 'GUESTS');
SHOW SNOWFLAKE.ML.FORECAST LIKE 'few';
DROP SNOWFLAKE.ML.FORECAST few;
DROP SNOWFLAKE.ML.FORECAST IF EXISTS few;
DROP SNOWFLAKE.ML.FORECAST few;
-- check: [r[1] for r in results[1].rows] == ['FEW'] and results[3].error is None and error is not None
-- @F71 anomalies by series, with labels and an interval of one's own
CREATE OR REPLACE SNOWFLAKE.ML.ANOMALY_DETECTION watch(INPUT_DATA => TABLE(SELECT *, FALSE AS bad FROM visits), SERIES_COLNAME => 'AREA', TIMESTAMP_COLNAME => 'AT_DAY', TARGET_COLNAME => 'GUESTS', LABEL_COLNAME => 'BAD');
CALL watch!DETECT_ANOMALIES(INPUT_DATA => TABLE(SELECT 'north' AS area, '2025-01-25'::TIMESTAMP_NTZ AS at_day, 77::FLOAT AS guests UNION ALL SELECT 'south', '2025-01-25', 900), SERIES_COLNAME => 'AREA', TIMESTAMP_COLNAME => 'AT_DAY', TARGET_COLNAME => 'GUESTS', CONFIG_OBJECT => {'prediction_interval': 0.9});
SELECT area, is_anomaly FROM (SELECT series::STRING AS area, is_anomaly FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))) ORDER BY area;
-- check: rows == [('north', False), ('south', True)] and all(0 <= r[7] <= 1 for r in results[1].rows)
-- @F72 classification and its reports
CREATE OR REPLACE TABLE parity AS SELECT SEQ4() AS n, IFF(SEQ4() < 30, 'low', 'high') AS size, MOD(SEQ4(), 3) AS third FROM TABLE(GENERATOR(ROWCOUNT => 60));
CREATE OR REPLACE SNOWFLAKE.ML.CLASSIFICATION sizes(INPUT_DATA => SYSTEM$REFERENCE('TABLE', 'parity'), TARGET_COLNAME => 'SIZE', CONFIG_OBJECT => {'evaluate': TRUE, 'on_error': 'skip'});
SELECT n, sizes!PREDICT(INPUT_DATA => {*}) AS p, p:class::STRING AS guess, p:probability:"low"::FLOAT + p:probability:"high"::FLOAT AS total FROM parity WHERE n IN (1, 58) ORDER BY n;
-- check: col('GUESS') == ['low', 'high'] and set(rows[0][1]) == {'class', 'logs', 'probability'} and all(abs(t - 1) < 1e-3 for t in col('TOTAL'))
-- @F73 every report of a classification model
CALL sizes!SHOW_EVALUATION_METRICS();
CALL sizes!SHOW_GLOBAL_EVALUATION_METRICS();
CALL sizes!SHOW_THRESHOLD_METRICS();
CALL sizes!SHOW_CONFUSION_MATRIX();
CALL sizes!SHOW_FEATURE_IMPORTANCE();
CALL sizes!SHOW_TRAINING_LOGS();
SELECT sizes!PREDICT(OBJECT_CONSTRUCT(*)):class::STRING AS c FROM parity WHERE n = 2;
-- check: [r.error for r in results] == [None] * 7 and all(r.columns for r in results) and rows == [('low',)]
-- @F74 drivers: the overall row first, contributors as text
CREATE OR REPLACE SNOWFLAKE.ML.TOP_INSIGHTS because();
SELECT contributor, metric_control, metric_test, contribution FROM TABLE(because!GET_DRIVERS(INPUT_DATA => TABLE(SELECT area, guests, at_day >= '2025-01-13' AS late FROM visits), LABEL_COLNAME => 'LATE', METRIC_COLNAME => 'GUESTS'));
-- check: rows[0][0] == ['Overall'] and near(rows[0][3], rows[0][2] - rows[0][1]) and ['AREA = south'] in col('CONTRIBUTOR')
-- @F75 last result by position, as a table
SELECT 41 + 1 AS answer;
CREATE OR REPLACE TABLE kept AS SELECT * FROM TABLE(RESULT_SCAN(LAST_QUERY_ID(-1)));
SELECT answer FROM kept;
-- check: rows == [(42,)]
-- @F76 changing rows by what the model says
CREATE OR REPLACE TABLE marked AS SELECT id, body, NULL::VARCHAR AS mood FROM feedback;
UPDATE marked SET mood = AI_SENTIMENT(body):categories[0]:sentiment::STRING WHERE body IS NOT NULL;
DELETE FROM marked WHERE mood IS NULL;
SELECT COUNT(*) AS n, COUNT(mood) AS m FROM marked;
-- check: rows == [(4, 4)] and results[2].rows == [(1,)]
-- @F77 recursion, sets and GENERATOR
WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 5) SELECT SUM(n) AS total FROM s;
SELECT COUNT(*) AS n FROM TABLE(GENERATOR(ROWCOUNT => 10)) WHERE SEQ4() >= 4;
-- check: results[0].rows == [(15,)] and rows == [(6,)]
-- @F78 EXPLAIN AI names each call without asking a model
EXPLAIN AI SELECT id FROM feedback WHERE AI_FILTER(PROMPT('Explain: {0}', body)) AND id < 3;
-- check: col('FUNCTION') == ['AI_FILTER'] and col('ESTIMATED_INPUTS') == [2] and meter.model_inputs == 0
-- @F79 the plain names of the first example
SELECT ROUND(sentiment_analysis('A wonderful day'), 2) AS polarity, summarize('Short.') AS s;
-- check: rows[0][0] > 0 and rows[0][1] == 'Short.'
-- @F80 positional arguments of every method
CALL guests!FORECAST(1);
CALL guests!FORECAST(1, {'prediction_interval': 0.9});
CALL areas!FORECAST('south'::VARIANT, 1);
CALL areas!FORECAST('south', 1, {'prediction_interval': 0.9});
CALL promos!FORECAST(TABLE(plan), 'D');
CREATE OR REPLACE SNOWFLAKE.ML.ANOMALY_DETECTION north_watch(TABLE(north_visits), 'AT_DAY', 'GUESTS', '');
CALL north_watch!DETECT_ANOMALIES(TABLE(SELECT '2025-01-25'::TIMESTAMP_NTZ AS at_day, 500::FLOAT AS guests), 'AT_DAY', 'GUESTS');
-- check: [r.error for r in results] == [None] * 7 and [len(r.rows) for r in results[:5]] == [1, 1, 1, 1, 3]
-- check: results[2].rows[0][0] == 'south' and col('IS_ANOMALY') == [True]
-- @F81 a label turns the same new point from normal to anomalous
CREATE OR REPLACE TABLE spiky AS SELECT DATEADD('day', SEQ4(), '2025-01-01'::TIMESTAMP_NTZ) AS d, IFF(SEQ4() = 20, 400, 50 + MOD(SEQ4() * 7, 5))::FLOAT AS y, SEQ4() = 20 AS odd FROM TABLE(GENERATOR(ROWCOUNT => 40));
CREATE OR REPLACE SNOWFLAKE.ML.ANOMALY_DETECTION unlabelled(INPUT_DATA => TABLE(SELECT d, y FROM spiky), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'Y', LABEL_COLNAME => '');
CREATE OR REPLACE SNOWFLAKE.ML.ANOMALY_DETECTION labelled(INPUT_DATA => TABLE(spiky), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'Y', LABEL_COLNAME => 'ODD');
CALL unlabelled!DETECT_ANOMALIES(INPUT_DATA => TABLE(SELECT '2025-02-10'::TIMESTAMP_NTZ AS d, 90::FLOAT AS y), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'Y');
CALL labelled!DETECT_ANOMALIES(INPUT_DATA => TABLE(SELECT '2025-02-10'::TIMESTAMP_NTZ AS d, 90::FLOAT AS y), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'Y');
-- check: results[3].rows[0][6] is False and rows[0][6] is True and results[3].rows[0][5] > rows[0][5]
-- @F82 forecasts of the other documented line: 34, 36, 38
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST line(INPUT_DATA => TABLE(SELECT DATEADD('day', SEQ4(), '2024-01-01'::TIMESTAMP_NTZ) AS d, 2 + SEQ4() AS y FROM TABLE(GENERATOR(ROWCOUNT => 12))), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'Y');
SELECT forecast, lower_bound, upper_bound FROM TABLE(line!FORECAST(FORECASTING_PERIODS => 3));
-- check: near(rows, [(14.0, 14.0, 14.0), (15.0, 15.0, 15.0), (16.0, 16.0, 16.0)])
-- @F83 all six training options together
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST tuned(INPUT_DATA => TABLE(spiky), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'Y', CONFIG_OBJECT => {'method': 'fast', 'frequency': '1 day', 'on_error': 'skip', 'lower_bound': 0, 'upper_bound': 1000, 'evaluate': TRUE, 'evaluation_config': {'n_splits': 2, 'test_size': 5, 'gap': 0, 'prediction_interval': 0.9}, 'aggregation_target': 'mean', 'aggregation_numeric': 'mean', 'aggregation_categorical': 'mode'});
SELECT error_metric, standard_deviation IS NOT NULL AS several FROM TABLE(tuned!SHOW_EVALUATION_METRICS()) WHERE error_metric IN ('MAE', 'COVERAGE_INTERVAL=0.9') ORDER BY 1;
-- check: rows == [('COVERAGE_INTERVAL=0.9', True), ('MAE', True)]
-- @F84 MERGE: update, delete and insert by condition, a default, a counter
CREATE OR REPLACE TABLE stock (id INT AUTOINCREMENT, sku VARCHAR NOT NULL, qty NUMBER DEFAULT 7, note VARCHAR);
INSERT INTO stock (sku, qty) VALUES ('a', 1), ('b', 2), ('c', 3);
MERGE INTO stock t USING (SELECT column1 AS sku, column2 AS qty, column3 AS gone FROM VALUES ('a', 10, FALSE), ('b', 20, TRUE), ('z', 30, FALSE), ('y', 40, TRUE)) s ON t.sku = s.sku WHEN MATCHED AND s.gone THEN DELETE WHEN MATCHED THEN UPDATE SET qty = s.qty, t.note = 'was ' || t.qty WHEN NOT MATCHED AND NOT s.gone THEN INSERT (sku) VALUES (s.sku);
SELECT sku, qty, note FROM stock ORDER BY sku;
-- check: results[2].columns == ['number of rows inserted', 'number of rows updated', 'number of rows deleted'] and results[2].rows == [(1, 1, 1)]
-- check: rows == [('a', 10, 'was 1'), ('c', 3, None), ('z', 7, None)]
-- @F85 MERGE with a model's answer; two source rows for one target row are an error
MERGE INTO stock USING (SELECT 'a' AS sku, 'Great stuff, I love it.' AS body UNION ALL SELECT 'q', 'Awful, it broke.') s ON stock.sku = s.sku WHEN MATCHED THEN UPDATE SET note = AI_SENTIMENT(s.body):categories[0]:sentiment::STRING WHEN NOT MATCHED THEN INSERT (sku, note) VALUES (s.sku, AI_SENTIMENT(s.body):categories[0]:sentiment::STRING);
SELECT sku, note FROM stock WHERE sku IN ('a', 'q') ORDER BY 1;
MERGE INTO stock USING (SELECT 'a' AS sku, 1 AS qty UNION ALL SELECT 'a', 2) s ON stock.sku = s.sku WHEN MATCHED THEN UPDATE SET qty = s.qty;
-- check: results[0].meter.model_inputs == 2 and results[1].rows == [('a', 'positive'), ('q', 'negative')] and 'Duplicate row' in error.message
-- @F86 ROLLUP with GROUPING: subtotals and the grand total
SELECT hotel, MONTH(stayed) AS m, COUNT(*) AS n, GROUPING(hotel, m) AS level FROM feedback GROUP BY ROLLUP (hotel, m) ORDER BY level, hotel, m;
-- check: rows == [('Alpha', 1, 1, 0), ('Alpha', 2, 1, 0), ('Beta', 2, 2, 0), ('Beta', 3, 1, 0), ('Alpha', None, 2, 1), ('Beta', None, 3, 1), (None, None, 5, 3)]
-- @F87 CUBE and GROUPING SETS; a HAVING over the groups
SELECT hotel, body IS NULL AS empty, COUNT(*) AS n FROM feedback GROUP BY CUBE (hotel, empty) HAVING COUNT(*) > 1 ORDER BY ALL;
SELECT hotel, MONTH(stayed) AS m, SUM(id) AS s FROM feedback GROUP BY GROUPING SETS ((hotel), (m), ()) ORDER BY ALL;
-- check: (None, None, 5) in results[0].rows and ('Beta', False, 2) in results[0].rows and ('Alpha', True, 0) not in results[0].rows
-- check: rows == [('Alpha', None, 3), ('Beta', None, 12), (None, 1, 1), (None, 2, 9), (None, 3, 5), (None, None, 15)]
-- @F88 subtotals of what a model says, with a label for the total
SELECT IFF(GROUPING(mood) = 1, 'all', mood) AS m, COUNT(*) AS n FROM (SELECT AI_SENTIMENT(body):categories[0]:sentiment::STRING AS mood FROM feedback WHERE body IS NOT NULL) GROUP BY ROLLUP (mood) ORDER BY n DESC LIMIT 1;
-- check: rows == [('all', 4)]
-- @F89 lambdas: TRANSFORM, FILTER, REDUCE, typed and nested
SELECT TRANSFORM([1, 2, 3], x -> x * 2) AS a, FILTER([1, NULL, 3, 5, NULL], a INT -> a IS NOT NULL) AS b, REDUCE([1, 2, 3], 0, (acc, x) -> acc + x) AS c, TRANSFORM([[1, 2], [3]], r -> TRANSFORM(r, y -> y + 1)) AS d, FILTER([{'n': 1}, {'n': 5}], o -> o:n > 2) AS e, TRANSFORM([], x -> x) AS f, TRANSFORM(NULL, x -> x) AS g, REDUCE(['a', 'b'], '', (s, x) -> s || x) AS h;
-- check: rows == [([2, 4, 6], [1, 3, 5], 6, [[2, 3], [4]], [{'n': 5}], [], None, 'ab')]
-- @F90 a lambda that asks a model, and one over the labels it gave
SELECT TRANSFORM(['Great!', 'Terrible.'], t STRING -> AI_SENTIMENT(t):categories[0]:sentiment::STRING) AS moods, FILTER(AI_CLASSIFY('The soup was cold', ['food', 'room']):labels, l -> l = 'food') AS food;
-- check: rows == [(['positive', 'negative'], ['food'])]
-- @F91 INFORMATION_SCHEMA of the sandbox
SELECT table_name, table_type, row_count FROM INFORMATION_SCHEMA.TABLES WHERE table_schema = 'PUBLIC' AND table_name IN ('FEEDBACK', 'NORTH_VISITS') ORDER BY 1;
SELECT column_name, data_type, ordinal_position FROM information_schema.columns WHERE table_name = 'FEEDBACK' ORDER BY ordinal_position;
-- check: results[0].rows == [('FEEDBACK', 'BASE TABLE', 5), ('NORTH_VISITS', 'VIEW', None)]
-- check: rows == [('ID', 'NUMBER', 1), ('HOTEL', 'TEXT', 2), ('STAYED', 'DATE', 3), ('BODY', 'TEXT', 4), ('META', 'VARIANT', 5)]
-- @F92 IDENTIFIER of a name, of a variable; TABLE of a variable
SET source = 'feedback';
SELECT COUNT(*) AS n, MAX(IDENTIFIER('id')) AS top FROM IDENTIFIER($source);
SELECT COUNT(*) AS n FROM TABLE($source);
SELECT * FROM IDENTIFIER('feedback; DROP TABLE feedback');
-- check: results[1].rows == [(5, 5)] and results[2].rows == [(5,)] and 'not a name' in error.message
-- @F93 ASOF JOIN: the nearest earlier row of the same key, NULL where there is none
CREATE OR REPLACE TABLE rates (city VARCHAR, since DATE, rate NUMBER(6,2));
INSERT INTO rates VALUES ('Alpha', '2025-01-01', 90.00), ('Alpha', '2025-02-01', 95.50), ('Beta', '2025-02-10', 80.00);
SELECT f.id, r.rate FROM feedback f ASOF JOIN rates r MATCH_CONDITION (f.stayed >= r.since) ON f.hotel = r.city ORDER BY f.id;
-- check: near(rows, [(1, 90.0), (2, 95.5), (3, None), (4, 80.0), (5, 80.0)])
-- @F94 LATERAL with a subquery: aggregates and rows of the table before it
SELECT f.id, l.n FROM feedback f, LATERAL (SELECT COUNT(*) AS n FROM feedback g WHERE g.hotel = f.hotel) l ORDER BY 1;
SELECT f.id, l.id AS previous FROM feedback f LEFT JOIN LATERAL (SELECT g.id FROM feedback g WHERE g.hotel = f.hotel AND g.id < f.id ORDER BY g.id DESC LIMIT 1) l ORDER BY 1;
SELECT f.id, l.tags FROM feedback f, LATERAL (SELECT LISTAGG(t.value::STRING, '+') AS tags FROM TABLE(FLATTEN(f.meta:tags)) t) l ORDER BY 1 LIMIT 2;
-- check: [r[1] for r in results[0].rows] == [2, 2, 3, 3, 3] and [r[1] for r in results[1].rows] == [None, 1, None, 3, 4] and rows == [(1, 'room+staff'), (2, 'bath')]
-- @F95 positions in ORDER BY count the columns that * stands for
SELECT * EXCLUDE (body, meta) FROM feedback ORDER BY 2 DESC, 1 DESC LIMIT 2;
SELECT *, AI_SENTIMENT('Again: ' || body):categories[0]:sentiment::STRING AS mood FROM feedback ORDER BY 1 DESC LIMIT 2;
-- check: [r[0] for r in results[0].rows] == [5, 4] and [r[0] for r in rows] == [5, 4] and meter.model_inputs == 1
-- @F96 tokens, sound, encodings, URLs, all matches
SELECT STRTOK('a.b c', '. ', 3) AS a, STRTOK_TO_ARRAY('a.b c', '. ') AS b, SOUNDEX('Robert') AS c, HEX_DECODE_STRING('6162') AS d, TRY_HEX_DECODE_STRING('zz') AS e, TRY_BASE64_DECODE_STRING('YQ==') AS f, OCTET_LENGTH('é') AS g, PARSE_URL('https://a.b:81/c/d?x=1#y'):parameters:x::STRING AS h, REGEXP_SUBSTR_ALL('a1b22', '[0-9]+') AS i, EDITDISTANCE('kitten', 'sitting', 2) AS j, POSITION('b', 'abcb', 3) AS k;
-- check: rows == [('c', ['a', 'b', 'c'], 'R163', 'ab', None, 'a', 2, '1', ['1', '22'], 2, 4)]
-- @F97 keys of objects in alphabetical order, maps
SELECT OBJECT_KEYS({'b': 1, 'a': 2}) AS k, TO_JSON(PARSE_JSON('{"b":1,"a":{"d":1,"c":2}}')) AS t, OBJECT_CONSTRUCT('z', 1, 'y', 2)::STRING AS o, MAP_KEYS({'x': 1}::MAP(VARCHAR, INT)) AS m, ARRAY_UNION_AGG([1, 1]) AS u;
-- check: rows == [(['a', 'b'], '{"a":{"c":2,"d":1},"b":1}', '{"y":2,"z":1}', ['x'], [1, 1])]
-- @F98 bits, further aggregates
SELECT BITSHIFTLEFT(1, 3) AS a, BITSHIFTRIGHT(8, 2) AS b, BITNOT(0) AS c, GETBIT(5, 2) AS d, BITXOR_AGG(column1) AS e, BOOLXOR_AGG(column1 = 2) AS f, REGR_AVGX(column1, column1 * 2) AS g, APPROX_TOP_K(column1, 1) AS h FROM VALUES (1), (2), (4), (4);
-- check: near(rows[0], (8, 2, -1, 1, 3, True, 5.5, [[4, 2]]))
-- @F99 events in a window
SELECT column1 AS t, CONDITIONAL_TRUE_EVENT(column2 = 'go') OVER (ORDER BY column1) AS sessions, CONDITIONAL_CHANGE_EVENT(column2) OVER (ORDER BY column1) AS changes FROM VALUES (1, 'go'), (2, 'on'), (3, 'on'), (4, 'go') ORDER BY 1;
-- check: rows == [(1, 1, 0), (2, 1, 1), (3, 1, 1), (4, 2, 2)]
-- @F100 intervals of several parts, TRY_CAST to BOOLEAN, ALL and ANY over a query, DUAL
SELECT '2025-02-03'::TIMESTAMP_NTZ + INTERVAL '1 month, 2 hours, 3 minutes' AS a, '2025-02-03'::DATE - INTERVAL '1 week' AS b, TRY_CAST('maybe' AS BOOLEAN) AS c, TRY_CAST('yes' AS BOOLEAN) AS d, 5 >= ALL (SELECT id FROM feedback) AS e, 1 > ANY (SELECT id FROM feedback) AS f FROM DUAL;
-- check: rows == [(datetime(2025, 3, 3, 2, 3), date(2025, 1, 27), None, True, True, False)]
-- @F101 UNPIVOT keeps NULLs on request and takes names
SELECT * FROM (SELECT 1 AS id, 5 AS jan, NULL AS feb) UNPIVOT INCLUDE NULLS (sales FOR month IN (jan AS 'January', feb)) ORDER BY month;
-- check: rows == [(1, 'FEB', None), (1, 'January', 5)]
-- @F102 EXECUTE IMMEDIATE of one statement, GETVARIABLE, SHOW VARIABLES, UNSET of several
SET (lo, hi) = (2, 4);
EXECUTE IMMEDIATE $$ SELECT COUNT(*) AS n FROM feedback WHERE id BETWEEN $lo AND $hi $$;
SHOW VARIABLES LIKE 'h%';
SELECT GETVARIABLE('LO') AS v, SYSTEM$TYPEOF(1.5) AS t;
UNSET (lo, hi);
SELECT $lo;
-- check: results[1].rows == [(3,)] and [(r[3], r[4]) for r in results[2].rows] == [('HI', '4')] and results[3].rows == [('2', 'NUMBER(38,1)')] and 'LO' in error.message.upper()
-- @F103 what the sandbox has not is refused by its name, with a hint
ATTACH DATABASE 'x' AS y;
PRAGMA table_info(feedback);
COPY INTO feedback FROM @stage;
PUT file:///tmp/x @stage;
CREATE STAGE s;
SELECT load_extension('x');
SELECT FL_GET_SIZE('x');
-- check: all(r.error is not None and r.error.hint for r in results) and all(w in r.error.message for w, r in zip(['ATTACH', 'PRAGMA', 'COPY INTO', 'PUT', 'STAGE', 'LOAD_EXTENSION', 'FL_GET_SIZE'], results))
-- check: error is not None
-- @F104 a history for AI_COMPLETE, guard tokens in the details
SELECT AI_COMPLETE(model => 'demo-small', prompt => [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': 'Hi'}], model_parameters => {'guardrails': TRUE, 'max_tokens': 4}, show_details => TRUE) AS d;
-- check: set(one['usage']) == {'completion_tokens', 'prompt_tokens', 'total_tokens', 'guardrail_tokens'}
-- @F105 a task that asks for complaints looks at the complaints
SELECT AI_CLASSIFY('The staff were wonderful, but the pool was filthy.', ['staff', 'pool'], {'task_description': 'What is the complaint about?'}):labels[0]::STRING AS bad, AI_CLASSIFY('The staff were wonderful, but the pool was filthy.', ['staff', 'pool'], {'task_description': 'What does the guest praise?'}):labels[0]::STRING AS good;
-- check: rows == [('pool', 'staff')]
-- @F106 series of two columns as an array
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST pairs(INPUT_DATA => TABLE(SELECT [area, 'guests'] AS s, at_day, guests FROM visits), SERIES_COLNAME => 'S', TIMESTAMP_COLNAME => 'AT_DAY', TARGET_COLNAME => 'GUESTS');
SELECT series[0]::STRING AS area, forecast FROM TABLE(pairs!FORECAST(FORECASTING_PERIODS => 1)) ORDER BY 1;
CALL pairs!FORECAST(SERIES_VALUE => ['south', 'guests'], FORECASTING_PERIODS => 1);
-- check: near(results[1].rows, [('north', 77.0), ('south', 172.0)]) and near(rows[0][:3], (['south', 'guests'], datetime(2025, 1, 25), 172.0))
-- @F107 PIVOT over all values, over those of a query, with a value for empty cells
SELECT * FROM (SELECT hotel, id, MONTH(stayed) AS m FROM feedback) PIVOT (COUNT(id) FOR m IN (ANY ORDER BY m DESC)) ORDER BY hotel;
SELECT * FROM (SELECT hotel, id, MONTH(stayed) AS m FROM feedback) PIVOT (SUM(id) FOR m IN (SELECT DISTINCT MONTH(stayed) FROM feedback WHERE id > 1 ORDER BY 1) DEFAULT ON NULL (0)) ORDER BY hotel;
-- check: results[0].columns == ['HOTEL', '3', '2', '1'] and results[0].rows == [('Alpha', 0, 1, 1), ('Beta', 1, 2, 0)]
-- check: columns == ['HOTEL', '2', '3'] and rows == [('Alpha', 2, 0), ('Beta', 7, 5)]
