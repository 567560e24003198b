-- AI functions inside everything else: aggregates, windows, joins, subqueries, changes of tables. Read by test_further_patterns.py.
-- @N00 setup
CREATE OR REPLACE TABLE orders (order_id INTEGER, cust VARCHAR(20), placed DATE, amount NUMBER(10,2), status VARCHAR, note TEXT, extra VARIANT);
INSERT INTO orders SELECT column1, column2, column3::DATE, column4, column5, column6, PARSE_JSON(column7) FROM VALUES
 (100,'ann','2025-01-05',20.50,'shipped','The parcel came two weeks late and the box was crushed.','{"items":[{"sku":"a1","qty":2},{"sku":"b2","qty":1}],"gift":true}'),
 (101,'bob','2025-01-17',99.99,'shipped','Fantastic quality, I am delighted with the jacket!','{"items":[{"sku":"b2","qty":4}],"gift":false}'),
 (102,'ann','2025-02-03',5.00,'returned','The order was placed on Tuesday.','{"items":[]}'),
 (103,'cho','2025-02-20',250.00,'open',NULL,NULL),
 (104,'bob','2025-03-01',42.00,'open','Terrible, I want my money back. Call me at 555-123-4567.','{"items":[{"sku":"c3","qty":7}],"gift":null}');
CREATE OR REPLACE TABLE customers (cust VARCHAR, full_name VARCHAR, country VARCHAR, joined TIMESTAMP_NTZ);
INSERT INTO customers VALUES ('ann','Ann Lee','NO','2024-01-01 10:00:00'),('bob','Bob Ray','US','2024-06-15 12:30:45'),('cho','Cho Min','KR',NULL);
CREATE OR REPLACE TABLE topics (topic VARCHAR, descr VARCHAR);
INSERT INTO topics VALUES ('delivery','shipping, parcel, arrival'),('quality','material and finish'),('refund','money back');
-- check: [str(r.error) for r in results if r.error] == []
-- @N01 AI in CASE inside aggregate inside CTE with HAVING
WITH scored AS (SELECT cust, amount, AI_SENTIMENT(note):categories[0]:sentiment::STRING AS mood FROM orders WHERE note IS NOT NULL)
SELECT cust, SUM(CASE WHEN mood = 'negative' THEN amount ELSE 0 END) AS at_risk, COUNT_IF(mood = 'positive') AS happy FROM scored GROUP BY cust HAVING COUNT(*) >= 1 ORDER BY at_risk DESC;
-- check: near(rows, [('bob', 42.0, 1), ('ann', 20.5, 0)])
-- @N02 correlated scalar subquery with AI
SELECT c.cust, (SELECT COUNT(*) FROM orders o WHERE o.cust = c.cust AND AI_SENTIMENT(o.note):categories[0]:sentiment = 'negative') AS bad FROM customers c ORDER BY c.cust;
-- check: rows == [('ann',1),('bob',1),('cho',0)]
-- @N03 EXISTS with AI filter
SELECT cust FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.cust = c.cust AND SNOWFLAKE.CORTEX.SENTIMENT(o.note) > 0.3) ORDER BY 1;
-- check: rows == [('bob',)]
-- @N04 NOT IN subquery of AI results
SELECT order_id FROM orders WHERE order_id NOT IN (SELECT order_id FROM orders WHERE AI_SENTIMENT(note):categories[0]:sentiment::STRING = 'negative') ORDER BY order_id;
-- check: rows == [(101,),(102,),(103,)]
-- @N05 UNION ALL of AI labels then count
SELECT label, COUNT(*) AS n FROM (SELECT AI_CLASSIFY(note, ['delivery','quality','refund']):labels[0]::STRING AS label FROM orders UNION ALL SELECT topic FROM topics) GROUP BY label HAVING label IS NOT NULL ORDER BY n DESC, label;
-- check: set(col('LABEL')) == {'delivery','quality','refund'} and sum(col('N')) == 7
-- @N06 labels from a table through ARRAY_AGG
SELECT o.order_id, AI_CLASSIFY(o.note, (SELECT ARRAY_AGG(topic) FROM topics)):labels[0]::STRING AS t FROM orders o WHERE o.note IS NOT NULL ORDER BY 1;
-- check: len(rows) == 4 and set(col('T')) <= {'delivery','quality','refund'} and rows[0][1] == 'delivery'
-- @N07 object labels through ARRAY_AGG(OBJECT_CONSTRUCT)
WITH cats AS (SELECT ARRAY_AGG(OBJECT_CONSTRUCT('label', topic, 'description', descr)) AS a FROM topics)
SELECT order_id, AI_CLASSIFY(note, a, {'task_description':'Find the subject of the complaint'}):labels[0]::VARCHAR AS t FROM orders, cats WHERE order_id = 100;
-- check: rows == [(100, 'delivery')]
-- @N08 classify NULL input and empty string
SELECT AI_CLASSIFY(NULL, ['a','b']) AS a, AI_CLASSIFY('', ['a','b']) IS NULL OR TRUE AS b;
-- check: rows == [(None, True)]
-- @N09 multi-label flatten to rows
SELECT o.order_id, l.value::STRING AS label, l.index FROM orders o, LATERAL FLATTEN(input => AI_CLASSIFY(o.note, ['delivery','quality','refund'], {'output_mode':'multi'}):labels) l WHERE o.order_id IN (100, 101) ORDER BY 1, 3;
-- check: set(col('ORDER_ID')) <= {100, 101} and set(col('LABEL')) <= {'delivery','quality','refund'}
-- @N10 ARRAY_CONTAINS on multi labels
SELECT COUNT(*) AS n FROM orders WHERE ARRAY_CONTAINS('delivery'::VARIANT, AI_CLASSIFY(note, ['delivery','quality','refund'], {'output_mode':'multi'}):labels);
-- check: one >= 1
-- @N11 classify with one category only is an error or NULL
SELECT AI_CLASSIFY('x', ['only']) AS r;
-- check: error is not None or one is None
-- @N12 classify case-sensitive output mode wrong value
SELECT AI_CLASSIFY('x y', ['a','b'], {'output_mode':'several'}) AS r;
-- check: error is not None or one is None
-- @N13 legacy classify over column, group, order by alias
SELECT SNOWFLAKE.CORTEX.CLASSIFY_TEXT(note, ['delivery','quality','refund'], {'task_description':'Return the topic'}):label::STRING AS topic, COUNT(*) AS n, MIN(order_id) FROM orders WHERE note IS NOT NULL GROUP BY topic ORDER BY n DESC, topic LIMIT 2;
-- check: len(rows) == 2 and columns[0] == 'TOPIC'
-- @N14 filter docs: many rows with concat operator
SELECT order_id FROM orders WHERE AI_FILTER('Does this text ask for a refund? ' || note) ORDER BY order_id;
-- check: set(col('ORDER_ID')) <= {100,101,102,104}
-- @N15 filter in select list with NULL
SELECT order_id, AI_FILTER(PROMPT('The customer is angry: {0}', note)) AS angry FROM orders ORDER BY 1;
-- check: len(rows) == 5 and rows[3][1] is None and all(isinstance(r[1], bool) for i, r in enumerate(rows) if i != 3)
-- @N16 filter with error details
SELECT AI_FILTER('Is Paris in France?', TRUE) AS r;
-- check: set(one) == {'value','error'} and isinstance(one['value'], bool) and one['error'] is None
-- @N17 semantic join with group by and count
SELECT t.topic, COUNT(o.order_id) AS n FROM topics t LEFT JOIN orders o ON AI_FILTER(PROMPT('The text {0} is about {1}', o.note, t.descr)) GROUP BY t.topic ORDER BY t.topic;
-- check: col('TOPIC') == ['delivery','quality','refund']
-- @N18 semantic join with equality condition
SELECT o.order_id, c.full_name FROM orders o INNER JOIN customers c ON o.cust = c.cust AND AI_FILTER(PROMPT('Is this customer satisfied: {0}', o.note)) ORDER BY 1;
-- check: set(col('ORDER_ID')) <= {100,101,102,104}
-- @N19 sentiment categories flatten
SELECT o.order_id, f.value:name::STRING AS aspect, f.value:sentiment::STRING AS s FROM orders o, LATERAL FLATTEN(INPUT => AI_SENTIMENT(o.note, ['quality','delivery']):categories) f WHERE o.order_id = 100 ORDER BY f.index;
-- check: [r[1] for r in rows] == ['overall','delivery','quality'] and rows[0][2] == 'negative'
-- @N20 sentiment of unknown aspect
SELECT AI_SENTIMENT('The soup was wonderful', ['parking']):categories[1]:sentiment::STRING AS s;
-- check: one == 'unknown'
-- @N21 sentiment too many categories
SELECT AI_SENTIMENT('x', ['a','b','c','d','e','f','g','h','i','j','k']) AS s;
-- check: error is not None or one is None
-- @N22 sentiment NULL
SELECT AI_SENTIMENT(NULL) AS s, AI_SENTIMENT(NULL::VARCHAR, ['a']) AS t;
-- check: rows == [(None, None)]
-- @N23 pivot of moods
WITH m AS (SELECT cust, AI_SENTIMENT(note):categories[0]:sentiment::STRING AS mood FROM orders WHERE note IS NOT NULL)
SELECT * FROM m PIVOT (COUNT(mood) FOR mood IN ('positive','negative','neutral')) AS p (cust, pos, neg, neu) ORDER BY cust;
-- check: columns == ['CUST','POS','NEG','NEU'] and rows[1][:3] == ('bob',1,1)
-- @N24 legacy sentiment thresholds with IFF
SELECT order_id, IFF(SNOWFLAKE.CORTEX.SENTIMENT(note) >= 0, 'up', 'down') AS d FROM orders WHERE note IS NOT NULL AND order_id <> 102 ORDER BY order_id;
-- check: rows == [(100,'down'),(101,'up'),(104,'down')]
-- @N25 AVG of legacy sentiment by month
SELECT TO_CHAR(placed, 'YYYY-MM') AS m, ROUND(AVG(SNOWFLAKE.CORTEX.SENTIMENT(note)), 3) AS s FROM orders GROUP BY 1 ORDER BY 1;
-- check: col('M') == ['2025-01','2025-02','2025-03'] and all(-1 <= s <= 1 for s in col('S'))
-- @N26 entity sentiment legacy
SELECT SNOWFLAKE.CORTEX.ENTITY_SENTIMENT('The food was great but the service was slow.', ['food','service']) AS r;
-- check: [c['name'] for c in one['categories']] == ['overall','food','service'] and one['categories'][1]['sentiment'] == 'positive'
-- @N27 AI_AGG with filter and having
SELECT cust, AI_AGG(note, 'What is this customer unhappy about? Answer in one sentence') AS a FROM orders WHERE note IS NOT NULL GROUP BY cust HAVING COUNT(*) > 1 ORDER BY cust;
-- check: col('CUST') == ['ann','bob'] and all(isinstance(x, str) and x for x in col('A'))
-- @N28 AI_AGG in CTE joined back
WITH g AS (SELECT cust, AI_SUMMARIZE_AGG(note) AS gist FROM orders GROUP BY cust)
SELECT c.full_name, g.gist FROM customers c LEFT JOIN g ON g.cust = c.cust ORDER BY 1;
-- check: len(rows) == 3 and rows[2] == ('Cho Min', None)
-- @N29 AI_AGG over object as text
SELECT AI_AGG(OBJECT_CONSTRUCT('who', cust, 'said', note)::VARCHAR, 'List who complains') AS r FROM orders;
-- check: isinstance(one, str)
-- @N30 AI_AGG in window is refused or works
SELECT cust, AI_AGG(note, 'x') OVER (PARTITION BY cust) AS a FROM orders;
-- check: error is not None and error.hint
-- @N31 AI_AGG with non constant instruction
SELECT AI_AGG(note, cust) FROM orders GROUP BY cust;
-- check: error is not None or len(rows) == 3
-- @N32 similarity threshold self join
SELECT a.order_id, b.order_id, ROUND(AI_SIMILARITY(a.note, b.note), 2) AS s FROM orders a JOIN orders b ON a.order_id < b.order_id WHERE AI_SIMILARITY(a.note, b.note) > -1 ORDER BY s DESC;
-- check: len(rows) == 6 and columns == ['ORDER_ID','ORDER_ID','S'] and rows[0][2] >= rows[-1][2]
-- @N33 similarity best topic per row with QUALIFY
SELECT o.order_id, t.topic FROM orders o CROSS JOIN topics t WHERE o.note IS NOT NULL QUALIFY ROW_NUMBER() OVER (PARTITION BY o.order_id ORDER BY AI_SIMILARITY(o.note, t.descr) DESC) = 1 ORDER BY 1;
-- check: [r[0] for r in rows] == [100,101,102,104] and rows[0][1] == 'delivery'
-- @N34 similarity NULL and identity
SELECT AI_SIMILARITY('a cat', NULL) AS n, ROUND(AI_SIMILARITY('a cat', 'a cat'), 4) AS same;
-- check: near(rows, [(None, 1.0)])
-- @N35 similarity unknown model
SELECT AI_SIMILARITY('a', 'b', {'model':'nope'}) AS s;
-- check: error is not None
-- @N36 embed then array size via cast
SELECT ARRAY_SIZE(AI_EMBED('e5-base-v2', 'hello')::ARRAY) AS n;
-- check: one == 768
-- @N37 literal vectors
SELECT VECTOR_L2_DISTANCE([1.1,2.2,3]::VECTOR(FLOAT,3), [1,1,1]::VECTOR(FLOAT,3)) AS d, VECTOR_INNER_PRODUCT([1,2,3]::VECTOR(INT,3), [4,5,6]::VECTOR(INT,3)) AS p, VECTOR_L1_DISTANCE([1,2]::VECTOR(INT,2), [3,5]::VECTOR(INT,2)) AS l, VECTOR_COSINE_SIMILARITY([1,0]::VECTOR(FLOAT,2), [0,1]::VECTOR(FLOAT,2)) AS c;
-- check: near(rows[0], ((0.1**2+1.2**2+4)**0.5, 32.0, 5.0, 0.0))
-- @N38 docs vector table
CREATE OR REPLACE TABLE vectors (a VECTOR(float, 3), b VECTOR(float, 3));
INSERT INTO vectors SELECT [1.1,2.2,3]::VECTOR(FLOAT,3), [1,1,1]::VECTOR(FLOAT,3);
INSERT INTO vectors SELECT [1,2.2,3]::VECTOR(FLOAT,3), [4,6,8]::VECTOR(FLOAT,3);
SELECT VECTOR_INNER_PRODUCT(a, b) FROM vectors ORDER BY 1;
-- check: near([r[0] for r in rows], [6.3, 41.2]) or all(abs(x-y) < 1e-4 for x, y in zip([r[0] for r in rows], [6.3, 41.2]))
-- @N39 docs closest vector
WITH ab AS (SELECT a, b FROM vectors) SELECT a, VECTOR_COSINE_SIMILARITY(a, [1,2,3]::VECTOR(FLOAT, 3)) AS similarity FROM ab ORDER BY similarity DESC LIMIT 1;
-- check: abs(rows[0][1] - 0.9990) < 1e-4 and len(rows[0][0]) == 3
-- @N40 vector dimension mismatch is an error
SELECT VECTOR_L2_DISTANCE([1,2]::VECTOR(FLOAT,2), [1,2,3]::VECTOR(FLOAT,3)) AS d;
-- check: error is not None
-- @N41 vector cast with a wrong length
SELECT [1,2]::VECTOR(FLOAT,3) AS v;
-- check: error is not None
-- @N42 vector NULL
SELECT VECTOR_L2_DISTANCE(NULL::VECTOR(FLOAT,2), [1,2]::VECTOR(FLOAT,2)) AS d;
-- check: rows == [(None,)]
-- @N43 extract with a nested schema (docs)
SELECT AI_EXTRACT(text => 'Invoice 4711 for Ann Lee: 3 lamps, total 59.90 EUR', responseFormat => {'schema': {'type':'object','properties':{'invoice':{'description':'What is the invoice number?','type':'string'},'items':{'description':'Which items were bought?','type':'array'}}}}) AS r;
-- check: one['error'] is None and '4711' in str(one['response']['invoice']) and isinstance(one['response']['items'], list)
-- @N44 extract table schema
SELECT AI_EXTRACT(text => 'Ann is 34 years old. Bob is 29 years old.', responseFormat => {'schema':{'type':'object','properties':{'people':{'description':'people','type':'object','column_ordering':['name','age'],'properties':{'name':{'description':'Names','type':'array'},'age':{'description':'Ages','type':'array'}}}}}}) AS r;
-- check: set(one['response']['people']) == {'name','age'} and isinstance(one['response']['people']['name'], list)
-- @N45 extract list of pairs
SELECT AI_EXTRACT('Order 8812 was placed by Ann', [['order','What is the order number?'],['who','Who placed it?']]):response AS r;
-- check: set(one) == {'order','who'} and one['order'] == '8812'
-- @N46 extract positional question array over rows
SELECT order_id, AI_EXTRACT(note, ['What is the phone number?']):response:"What is the phone number?"::STRING AS p FROM orders WHERE order_id = 104;
-- check: rows == [(104, '555-123-4567')]
-- @N47 extract List:
SELECT AI_EXTRACT(text => 'The colours are red, green and blue', responseFormat => {'c': 'List: What are the colours?'}):response:c AS r;
-- check: isinstance(one, list)
-- @N48 legacy extract_answer
SELECT SNOWFLAKE.CORTEX.EXTRACT_ANSWER(note, 'What is the phone number?') AS a FROM orders WHERE order_id = 104;
-- check: isinstance(one, (str, list))
-- @N49 complete nested schema with array of objects
SELECT AI_COMPLETE(model => 'demo-small', prompt => 'Ann (34) and Bob (29) are here', response_format => {'type':'json','schema':{'type':'object','properties':{'people':{'type':'array','items':{'type':'object','properties':{'name':{'type':'string'},'age':{'type':'integer'}},'required':['name','age']}},'count':{'type':'number'}},'required':['people','count']}}) AS o;
-- check: set(one) == {'people','count'} and isinstance(one['people'], list) and isinstance(one['count'], (int, float))
-- @N50 complete nested path and flatten of structured output
SELECT f.value AS v FROM (SELECT AI_COMPLETE(model => 'demo-small', prompt => 'red, green, blue', response_format => TYPE OBJECT(colours ARRAY(STRING))) AS o) q, LATERAL FLATTEN(q.o:colours) f;
-- check: error is None and columns == ['V']
-- @N51 type literal nested object
SELECT AI_COMPLETE(model => 'demo-small', prompt => 'The price is 12.5 and it is good', response_format => TYPE OBJECT(price NUMBER(10,2), inner_ OBJECT(good BOOLEAN NOT NULL, n INT))) AS o;
-- check: set(one) == {'price','inner_'} and set(one['inner_']) == {'good','n'}
-- @N52 complete show_details shape
SELECT AI_COMPLETE(model => 'demo-small', prompt => 'Say hi', model_parameters => {'max_tokens': 4}, show_details => TRUE) AS o;
-- check: set(one) == {'choices','created','model','usage'} and one['model'] == 'demo-small' and set(one['usage']) >= {'completion_tokens','prompt_tokens','total_tokens'} and isinstance(one['choices'][0]['messages'], str)
-- @N53 complete guardrails adds guardrail_tokens
SELECT AI_COMPLETE(model => 'demo-small', prompt => 'Say hi', model_parameters => {'max_tokens': 4, 'guardrails': TRUE}, show_details => TRUE):usage AS u;
-- check: 'total_tokens' in one
-- @N54 unknown model row is NULL by default in AI_COMPLETE
SELECT order_id, AI_COMPLETE('no-such-model', note) AS c FROM orders ORDER BY 1 LIMIT 2;
-- check: rows == [(100, None), (101, None)]
-- @N55 legacy complete unknown model raises
SELECT SNOWFLAKE.CORTEX.COMPLETE('no-such-model', 'x');
-- check: error is not None and 'no-such-model' in error.message
-- @N56 legacy complete options array gives JSON string
SELECT TRY_PARSE_JSON(SNOWFLAKE.CORTEX.COMPLETE('demo-small', [{'role':'user','content':'hi'}], {'temperature':0.2,'max_tokens':3})):usage:total_tokens::INT > 0 AS ok;
-- check: rows == [(True,)]
-- @N57 legacy complete history as column built by ARRAY_CONSTRUCT
SELECT PARSE_JSON(SNOWFLAKE.CORTEX.COMPLETE('demo-small', ARRAY_CONSTRUCT(OBJECT_CONSTRUCT('role','user','content', 'Say ' || cust)), OBJECT_CONSTRUCT('max_tokens', 2)))['choices'][0]['messages']::STRING IS NOT NULL AS ok FROM orders WHERE order_id = 100;
-- check: rows == [(True,)]
-- @N58 complete with PROMPT object
SELECT AI_COMPLETE('demo-small', PROMPT('Describe {0} in {1} words', cust, 3)) AS c FROM orders WHERE order_id = 100;
-- check: isinstance(one, str)
-- @N59 prompt missing argument
SELECT PROMPT('a {0} {1}', 'x') AS p;
-- check: error is not None
-- @N60 prompt keys order and NULL template
SELECT PROMPT('Hi {0}', cust) AS p FROM customers ORDER BY cust LIMIT 1;
-- check: one == {'template':'Hi {0}','args':['ann']}
-- @N61 summarize short stays, legacy same
SELECT AI_SUMMARIZE(note) = note AS same, SNOWFLAKE.CORTEX.SUMMARIZE(note) IS NOT NULL AS ok FROM orders WHERE order_id = 102;
-- check: rows == [(True, True)]
-- @N62 summarize never longer, over concatenation
SELECT LENGTH(AI_SUMMARIZE(REPEAT('The meeting was long. We discussed budgets and the launch date. ', 6))) <= LENGTH(REPEAT('The meeting was long. We discussed budgets and the launch date. ', 6)) AS ok;
-- check: rows == [(True,)]
-- @N63 translate: same row error kept with details by name
SELECT AI_TRANSLATE('Hallo', 'de', 'en', return_error_details => TRUE) AS r, SNOWFLAKE.CORTEX.TRANSLATE('abc', 'de', 'en') AS old;
-- check: error is not None or set(rows[0][0]) == {'value','error'}
-- @N64 bare translate is character replacement
SELECT TRANSLATE('peña', 'ñ', 'n') AS t, TRANSLATE('❄a-b', '-ab', 'xA') AS u;
-- check: rows == [('pena', '❄Ax')]
-- @N65 redact all and LIKE check
SELECT order_id, AI_REDACT(note) AS clean FROM orders WHERE note LIKE '%555%' AND clean NOT LIKE '%555%';
-- check: len(rows) == 1 and '[PHONE_NUMBER]' in rows[0][1]
-- @N66 detect spans flatten
SELECT s.value:category::STRING AS cat, s.value:start::INT AS b, s.value:end::INT AS e, s.value:text::STRING AS t FROM (SELECT AI_REDACT(input => 'Mail jo@x.org now', mode => 'detect') AS r) q, LATERAL FLATTEN(input => q.r:spans) s;
-- check: rows == [('EMAIL', 5, 13, 'jo@x.org')]
-- @N67 redact with bad category
SELECT AI_REDACT('x', ['SHOE_SIZE']);
-- check: error is not None and 'SHOE_SIZE' in error.message
-- @N68 redact card with Luhn
SELECT AI_REDACT('Card 4111 1111 1111 1111, IP 10.0.0.1', ['PAYMENT_CARD_DATA','IP_ADDRESS']) AS r;
-- check: one == 'Card [PAYMENT_CARD_DATA], IP [IP_ADDRESS]'
-- @N69 redact in CTAS then view
CREATE OR REPLACE TABLE clean_orders AS SELECT order_id, AI_REDACT(note) AS note FROM orders;
CREATE OR REPLACE VIEW v_clean AS SELECT order_id, LENGTH(note) AS n FROM clean_orders WHERE note IS NOT NULL;
SELECT COUNT(*), MIN(n) FROM v_clean;
-- check: rows[0] == (4, 32)
-- @N70 count tokens per row, total
SELECT SUM(AI_COUNT_TOKENS('ai_complete', 'llama3.1-8b', note)) AS t, MAX(AI_COUNT_TOKENS('ai_translate', note, 'en', 'de')) AS u, MIN(AI_COUNT_TOKENS('ai_similarity', note, 'x', {})) AS v FROM orders;
-- check: rows[0][0] > 20 and isinstance(rows[0][0], int)
-- @N71 legacy count tokens
SELECT SNOWFLAKE.CORTEX.COUNT_TOKENS('snowflake-arctic', 'what is a large language model?') AS n, SNOWFLAKE.CORTEX.COUNT_TOKENS('summarize', 'some text') AS m;
-- check: isinstance(rows[0][0], int) and isinstance(rows[0][1], int)
-- @N72 legacy embed sizes
SELECT ARRAY_SIZE(SNOWFLAKE.CORTEX.EMBED_TEXT_768('e5-base-v2','hi')::ARRAY) AS a, ARRAY_SIZE(SNOWFLAKE.CORTEX.EMBED_TEXT_1024('snowflake-arctic-embed-l-v2.0','hi')::ARRAY) AS b;
-- check: rows == [(768, 1024)]
-- @N73 embed of 768 with a 1024 model
SELECT SNOWFLAKE.CORTEX.EMBED_TEXT_768('voyage-multilingual-2','hi') AS a;
-- check: error is not None
-- @N74 split text with LATERAL FLATTEN
SELECT c.index, c.value::STRING AS chunk FROM (SELECT 'One sentence here. Another sentence there. A third one follows.' AS t) d, LATERAL FLATTEN(input => SNOWFLAKE.CORTEX.SPLIT_TEXT_RECURSIVE_CHARACTER(d.t, 'none', 25, 5)) c ORDER BY 1;
-- check: len(rows) >= 3 and all(len(r[1]) <= 25 for r in rows)
-- @N75 split with separators and embed
SELECT COUNT(*) AS n FROM (SELECT SNOWFLAKE.CORTEX.SPLIT_TEXT_RECURSIVE_CHARACTER('a b c d e f', 'none', 3, 0, ['|', ' ']) AS chunks), LATERAL FLATTEN(chunks) f WHERE AI_EMBED('snowflake-arctic-embed-m', f.value::STRING) IS NOT NULL;
-- check: one >= 3
-- @N76 markdown header split
SELECT SNOWFLAKE.CORTEX.SPLIT_TEXT_MARKDOWN_HEADER('# A\ntext one\n## B\ntext two', OBJECT_CONSTRUCT('#','header_1','##','header_2'), 200, 20) AS r;
-- check: len(one) == 2 and one[0]['headers'] == {'header_1':'A'} and one[1]['headers'] == {'header_1':'A','header_2':'B'} and 'text two' in one[1]['chunk']
-- @N77 UPDATE with AI
CREATE OR REPLACE TABLE tagged AS SELECT order_id, note, NULL::VARCHAR AS mood FROM orders;
UPDATE tagged SET mood = AI_SENTIMENT(note):categories[0]:sentiment::STRING WHERE note IS NOT NULL;
SELECT order_id, mood FROM tagged ORDER BY 1;
-- check: results[1].rows == [(4, 0)] and rows[1] == (101,'positive') and rows[3] == (103, None)
-- @N78 DELETE with AI
DELETE FROM tagged WHERE AI_SENTIMENT(note):categories[0]:sentiment = 'negative';
SELECT COUNT(*) FROM tagged;
-- check: results[0].rows == [(2,)] and rows == [(3,)]
-- @N79 MERGE with AI source
MERGE INTO tagged t USING (SELECT order_id, note, AI_CLASSIFY(note, ['delivery','quality','refund']):labels[0]::STRING AS topic FROM orders) s ON t.order_id = s.order_id WHEN MATCHED AND s.topic IS NOT NULL THEN UPDATE SET mood = s.topic WHEN NOT MATCHED THEN INSERT (order_id, note, mood) VALUES (s.order_id, s.note, s.topic);
SELECT COUNT(*), COUNT(mood) FROM tagged;
-- check: rows == [(5, 4)]
-- @N80 ALTER TABLE ADD COLUMN then AI UPDATE FROM
ALTER TABLE tagged ADD COLUMN country VARCHAR;
UPDATE tagged t SET country = c.country FROM orders o, customers c WHERE o.order_id = t.order_id AND o.cust = c.cust;
SELECT country, COUNT(*) FROM tagged GROUP BY country ORDER BY 1;
-- check: rows == [('KR',1),('NO',2),('US',2)]
-- @N81 view with AI column, filtered from outside
CREATE OR REPLACE VIEW v_mood (id, mood) AS SELECT order_id, AI_SENTIMENT(note):categories[0]:sentiment::STRING FROM orders;
SELECT mood, COUNT(*) c FROM v_mood WHERE id < 103 GROUP BY mood ORDER BY c DESC, mood;
-- check: columns == ['MOOD','C'] and sum(col('C')) == 3 and meter.model_inputs <= 3
-- @N82 temp table with AI
CREATE TEMP TABLE tmp_sim AS SELECT order_id, AI_SIMILARITY(note, 'late parcel') AS s FROM orders WHERE note IS NOT NULL;
SELECT order_id FROM tmp_sim ORDER BY s DESC LIMIT 1;
-- check: rows == [(100,)]
-- @N83 nested AI: classify of summary
SELECT order_id, AI_CLASSIFY(AI_SUMMARIZE(note), ['delivery','quality','refund'])['labels'][0]::STRING AS t FROM orders WHERE order_id = 100;
-- check: rows == [(100,'delivery')]
-- @N84 window over AI value with frame
SELECT order_id, SUM(IFF(AI_SENTIMENT(note):categories[0]:sentiment = 'negative', 1, 0)) OVER (ORDER BY placed ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run FROM orders ORDER BY placed;
-- check: [r[1] for r in rows] == [1,1,1,1,2]
-- @N85 LAG over AI mood
SELECT order_id, LAG(mood) OVER (PARTITION BY cust ORDER BY placed) AS prev FROM (SELECT order_id, cust, placed, AI_SENTIMENT(note):categories[0]:sentiment::STRING AS mood FROM orders) ORDER BY order_id;
-- check: rows[2][1] == 'negative' and rows[4][1] == 'positive' and rows[0][1] is None
-- @N86 DISTINCT over AI label
SELECT DISTINCT AI_CLASSIFY(note, ['delivery','quality','refund']):labels[0]::STRING AS l FROM orders WHERE note IS NOT NULL ORDER BY l;
-- check: set(col('L')) <= {'delivery','quality','refund'}
-- @N87 GROUP BY ROLLUP over AI label
SELECT cust, AI_SENTIMENT(note):categories[0]:sentiment::STRING AS mood, COUNT(*) AS n FROM orders WHERE note IS NOT NULL GROUP BY ROLLUP(cust, mood) ORDER BY cust NULLS LAST, mood NULLS LAST;
-- check: rows[-1] == (None, None, 4) and ('ann', None, 2) in rows
-- @N88 COALESCE and TRY_CAST around AI
SELECT order_id, COALESCE(AI_SENTIMENT(note):categories[0]:sentiment::STRING, 'none') AS m, TRY_CAST(AI_SENTIMENT(note):nothing::STRING AS INT) AS x FROM orders WHERE order_id >= 103 ORDER BY 1;
-- check: rows == [(103,'none',None),(104,'negative',None)]
-- @N89 AI in ORDER BY CASE
SELECT order_id FROM orders WHERE note IS NOT NULL ORDER BY CASE AI_SENTIMENT(note):categories[0]:sentiment::STRING WHEN 'negative' THEN 1 WHEN 'positive' THEN 3 ELSE 2 END, order_id;
-- check: [r[0] for r in rows] == [100,104,102,101]
-- @N90 IN list on AI value and BETWEEN
SELECT order_id FROM orders WHERE AI_SENTIMENT(note):categories[0]:sentiment::STRING IN ('positive','mixed') AND SNOWFLAKE.CORTEX.SENTIMENT(note) BETWEEN 0 AND 1 ORDER BY 1;
-- check: rows == [(101,)]
-- @N91 LISTAGG of labels within group with AI order
SELECT LISTAGG(DISTINCT AI_SENTIMENT(note):categories[0]:sentiment::STRING, ', ') WITHIN GROUP (ORDER BY AI_SENTIMENT(note):categories[0]:sentiment::STRING) AS moods FROM orders;
-- check: one.split(', ')[0] == 'negative' and 'positive' in one
-- @N92 OBJECT_AGG with AI
SELECT OBJECT_AGG(order_id::VARCHAR, AI_SENTIMENT(note):categories[0]:sentiment) AS o FROM orders WHERE note IS NOT NULL;
-- check: one['101'] == 'positive' and len(one) == 4
-- @N93 RESULT_SCAN over an AI query
SELECT order_id, AI_SENTIMENT(note):categories[0]:sentiment::STRING AS mood FROM orders;
SELECT "MOOD", COUNT(*) AS n FROM TABLE(RESULT_SCAN(LAST_QUERY_ID())) WHERE mood IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 1;
-- check: rows == [('negative', 2)]
-- @N94 details with error object fields and typed path
SELECT r:error IS NULL AS ok, r:value:categories[0]:sentiment::STRING AS s FROM (SELECT AI_SENTIMENT(note, return_error_details => TRUE) AS r FROM orders WHERE order_id = 101);
-- check: rows == [(True, 'positive')]
-- @N95 not emulated
SELECT AI_PARSE_DOCUMENT(TO_FILE('@docs', 'x.pdf'), {'mode':'LAYOUT'});
-- check: error is not None and 'AI_PARSE_DOCUMENT' in error.message and error.hint
-- @N96 AI_TRANSCRIBE, FINETUNE, SEARCH_PREVIEW
SELECT AI_TRANSCRIBE(TO_FILE('@a','b.mp3'));
SELECT SNOWFLAKE.CORTEX.FINETUNE('CREATE', 'm', 'mistral-7b', 'select 1');
SELECT SNOWFLAKE.CORTEX.SEARCH_PREVIEW('s', '{}');
-- check: all(r.error is not None and r.error.hint for r in results)
-- @N97 named arguments lower and upper case
SELECT ai_classify(INPUT => 'I cooked soup', CATEGORIES => ['travel','cooking']):labels[0]::string AS l;
-- check: rows == [('cooking',)]
-- @N98 unknown named argument
SELECT AI_CLASSIFY(input => 'x', categories => ['a','b'], colour => 1);
-- check: error is not None and 'colour' in error.message.lower()
-- @N99 ENTITY in JSON path compare and cast
SELECT order_id FROM orders WHERE extra:gift::BOOLEAN AND AI_SENTIMENT(note):categories[0]:sentiment = 'negative';
-- check: rows == [(100,)]
