-- The documentation's examples and what a demanding reader tries next. Read by test_further_patterns.py.
-- @A00 setup
CREATE OR REPLACE TABLE hotel_notes (id INT, city STRING, lang CHAR(2), noted TIMESTAMP_NTZ DEFAULT CURRENT_TIMESTAMP(), body TEXT, raw VARIANT, score NUMBER(5,2));
INSERT INTO hotel_notes (id, city, lang, noted, body, score) VALUES (1,'Oslo','en','2025-01-05 08:00:00','Lovely quiet room, friendly staff.', 9.5),(2,'Oslo','en','2025-01-06 09:30:00','The bathroom was dirty and the bed broken.',2.25),(3,'Rome','it','2025-01-07 10:00:00','Camera pulita.',7),(4,'Rome','en','2025-02-01 11:00:00','',5),(5,'Rome','en','2025-02-02 12:00:00',NULL,NULL);
UPDATE hotel_notes SET raw = PARSE_JSON('{"guest":{"name":"Ann","tags":["vip","new"]},"nights":3}') WHERE id = 1;
UPDATE hotel_notes SET raw = OBJECT_CONSTRUCT('guest', OBJECT_CONSTRUCT('name','Bo','tags',ARRAY_CONSTRUCT()),'nights','2') WHERE id = 2;
-- check: [str(r.error) for r in results if r.error] == []
-- @A01 docs classify
SELECT AI_CLASSIFY('One day I will see the world', ['travel', 'cooking']);
-- check: one == {'labels': ['travel']}
-- @A02 docs classify multi with config
SELECT AI_CLASSIFY('One day I will see the world and learn to cook my favorite dishes', ['travel', 'cooking', 'reading', 'driving'], {'output_mode': 'multi'});
-- check: set(one) == {'labels'} and 'travel' in one['labels'] and 'cooking' in one['labels']
-- @A03 docs classify labels objects, config with examples in ARRAY_CONSTRUCT
SELECT AI_CLASSIFY(input => 'One day I will see the world and learn to cook my favorite dishes', categories => ARRAY_CONSTRUCT(OBJECT_CONSTRUCT('label','travel','description','content related to traveling'), OBJECT_CONSTRUCT('label','cooking'), OBJECT_CONSTRUCT('label','reading')), config => {'task_description': 'Determine topics related to the given text', 'output_mode': 'multi', 'examples': [{'input':'i love traveling with a good book','labels':['travel','reading'],'explanation':'the text mentions traveling and a good book'}]}) AS r;
-- check: set(one['labels']) <= {'travel','cooking','reading'} and len(one['labels']) >= 1
-- @A04 named return_error_details in any order
SELECT AI_CLASSIFY(return_error_details => TRUE, categories => ['good','bad'], input => 'fine') AS r;
-- check: set(one) == {'value','error'} and one['error'] is None
-- @A05 duplicate categories are an error (unique strings needed)
SELECT AI_CLASSIFY('x', ['a','a']);
-- check: error is not None and 'different' in error.message
-- @A06 one kind of category only
SELECT AI_CLASSIFY('x', ['a',{'label':'b'}]) ;
-- check: error is not None and 'one kind' in error.message
-- @A07 docs filter question
SELECT AI_FILTER('Is Canada in North America?');
-- check: isinstance(one, bool)
-- @A08 docs filter with CTE
WITH reviews AS (SELECT 'Wow... Loved this place.' AS review UNION ALL SELECT 'The pizza is not good.' AS review)
SELECT * FROM reviews WHERE AI_FILTER(PROMPT('The reviewer enjoyed the restaurant: {0}', review));
-- check: columns == ['REVIEW'] and len(rows) <= 2
-- @A09 NOT AI_FILTER and OR
SELECT id FROM hotel_notes WHERE NOT AI_FILTER(CONCAT('This text is about food: ', body)) OR body IS NULL ORDER BY id;
-- check: 5 in col('ID')
-- @A10 filter in HAVING over aggregate
SELECT city, COUNT(*) AS n FROM hotel_notes GROUP BY city HAVING AI_FILTER(PROMPT('Is {0} a city in Italy?', city)) ORDER BY 1;
-- check: set(col('CITY')) <= {'Rome','Oslo'}
-- @A11 filter in QUALIFY
SELECT id, city FROM hotel_notes QUALIFY ROW_NUMBER() OVER (PARTITION BY city ORDER BY id) = 1 AND AI_FILTER(PROMPT('Anything about {0}', city)) IS NOT NULL ORDER BY id;
-- check: rows == [(1,'Oslo'),(3,'Rome')]
-- @A12 AI in CASE WHEN
SELECT id, CASE WHEN AI_FILTER(PROMPT('Is the guest unhappy? {0}', body)) THEN 'unhappy' WHEN body IS NULL THEN 'silent' ELSE 'fine' END AS mood FROM hotel_notes ORDER BY id;
-- check: set(col('MOOD')) <= {'unhappy','silent','fine'} and col('MOOD')[4] == 'silent'
-- @A13 docs sentiment
SELECT AI_SENTIMENT('A tourist\'s delight, in low urban light, Recommended gem, a pizza night sight. Swift arrival, a pleasure so right, Yet, pockets felt lighter, a slight pricey bite.') AS "Review Sentiment", AI_SENTIMENT('x', ['cost','quality','waiting time']):categories[1].name::STRING AS c;
-- check: columns == ['Review Sentiment','C'] and rows[0][1] == 'cost' and rows[0][0]['categories'][0]['name'] == 'overall' and len(rows[0][0]['categories']) == 1
-- @A14 sentiment by names
SELECT AI_SENTIMENT(categories => ['room'], text => 'The room was awful') AS s;
-- check: [c['name'] for c in one['categories']] == ['overall','room'] and one['categories'][0]['sentiment'] == 'negative'
-- @A15 sentiment with return details named
SELECT AI_SENTIMENT(text => body, return_error_details => TRUE) AS s FROM hotel_notes WHERE id = 1;
-- check: set(one) == {'value','error'} and one['error'] is None and one['value']['categories'][0]['sentiment'] == 'positive'
-- @A16 long category
SELECT AI_SENTIMENT('x', ['a category with way more than thirty characters']) AS s;
-- check: error is not None and '30 characters' in error.message
-- @A17 agg docs constant
SELECT AI_AGG('[Excellent, Excellent, Great, Mediocre]', 'Summarize the product ratings for a blog post targeting consumers');
-- check: isinstance(one, str) and len(rows) == 1
-- @A18 agg with GROUP BY ALL
SELECT city, AI_AGG(body, 'What do guests say?') AS said, COUNT(*) AS n FROM hotel_notes GROUP BY ALL ORDER BY city;
-- check: columns == ['CITY','SAID','N'] and [r[2] for r in rows] == [2,3]
-- @A19 agg over zero rows
SELECT AI_AGG(body, 'x') AS a, AI_SUMMARIZE_AGG(body) AS b FROM hotel_notes WHERE id > 100;
-- check: rows == [(None, None)]
-- @A20 summarize_agg in subquery with join
SELECT c.city, s.gist FROM (SELECT DISTINCT city FROM hotel_notes) c JOIN (SELECT city, AI_SUMMARIZE_AGG(body) AS gist FROM hotel_notes GROUP BY city) s USING (city) ORDER BY 1;
-- check: len(rows) == 2 and columns == ['CITY','GIST'] and all(isinstance(r[1], str) for r in rows)
-- @A21 similarity docs
SELECT AI_SIMILARITY('I like this dish', 'This dish is very good') > AI_SIMILARITY('I like this dish', 'The tax office is closed') AS closer;
-- check: rows == [(True,)]
-- @A22 similarity in ORDER BY only, and in window
SELECT id, RANK() OVER (ORDER BY AI_SIMILARITY(body, 'dirty bathroom') DESC NULLS LAST) AS r FROM hotel_notes WHERE body <> '' ORDER BY AI_SIMILARITY(body, 'dirty bathroom') DESC NULLS LAST;
-- check: rows[0] == (2, 1)
-- @A23 similarity named config
SELECT AI_SIMILARITY(input1 => 'a', input2 => 'a', config_object => {'model':'snowflake-arctic-embed-m-v1.5'}) AS s;
-- check: near(round(one, 3), 1.0)
-- @A24 embed default dims cast
SELECT AI_EMBED('snowflake-arctic-embed-l-v2.0', 'hello world') AS v, VECTOR_L2_DISTANCE(AI_EMBED('snowflake-arctic-embed-m', 'a'), AI_EMBED('snowflake-arctic-embed-m', 'a')) AS d;
-- check: len(rows[0][0]) == 1024 and near(rows[0][1], 0.0)
-- @A25 embed model unknown error
SELECT AI_EMBED('no-such-embed', 'x');
-- check: error is not None and 'no-such-embed' in error.message
-- @A26 embed into a table with VECTOR column, search CTE
CREATE OR REPLACE TABLE emb (id INT, v VECTOR(FLOAT, 768));
INSERT INTO emb SELECT id, AI_EMBED('snowflake-arctic-embed-m-v1.5', body) FROM hotel_notes WHERE body <> '';
WITH q AS (SELECT AI_EMBED('snowflake-arctic-embed-m-v1.5', 'unclean bath') AS qv) SELECT e.id, VECTOR_COSINE_SIMILARITY(e.v, q.qv) AS sim FROM emb e CROSS JOIN q ORDER BY sim DESC LIMIT 1;
-- check: rows[0][0] == 2 and -1 <= rows[0][1] <= 1
-- @A27 extract docs
SELECT AI_EXTRACT(text => 'John Smith lives in San Francisco and works for Snowflake', responseFormat => {'name': 'What is the name of the employee?', 'city': 'Which city does the employee live in?'});
-- check: one['error'] is None and set(one['response']) == {'name','city'} and 'San Francisco' in str(one['response']['city'])
-- @A28 extract PARSE_JSON format, ARRAY_CONSTRUCT format
SELECT AI_EXTRACT('Order 77 costs 12 EUR', PARSE_JSON('{"order":"What is the order number?"}')):response.order::STRING AS a, AI_EXTRACT(text => 'Order 77 costs 12 EUR', responseFormat => ARRAY_CONSTRUCT('What is the order number?')):response AS b;
-- check: rows[0][0] == '77' and list(rows[0][1]) == ['What is the order number?']
-- @A29 extract with schema table & column_ordering and scores
SELECT AI_EXTRACT(scores => TRUE, responseFormat => {'schema':{'type':'object','properties':{'who':{'description':'Who is named?','type':'string'}}}}, text => 'Ann paid.') AS x;
-- check: set(one) == {'error','response','scoring'} and set(one['scoring']['scores']) == {'who'}
-- @A30 extract NULL and empty text
SELECT id, AI_EXTRACT(body, {'q':'What is dirty?'}) AS x FROM hotel_notes WHERE id >= 4 ORDER BY id;
-- check: rows[0][1]['error'] is None and rows[1] == (5, None)
-- @A31 extract from a file
SELECT AI_EXTRACT(file => TO_FILE('@stage', 'a.pdf'), responseFormat => ['q']);
-- check: error is not None and 'file' in error.message.lower()
-- @A32 extract config
SELECT AI_EXTRACT(text => 'Ann', responseFormat => {'n':'Which name?'}, config => {'scale_factor': 2}) AS x;
-- check: one == {'error': None, 'response': {'n': 'Ann'}}
-- @A33 complete docs
SELECT AI_COMPLETE('snowflake-arctic', 'What are large language models?');
-- check: isinstance(one, str)
-- @A34 complete structured JSON schema w/ number
SELECT AI_COMPLETE(model => 'demo-small', prompt => 'Rate this: The bed was great, 5 of 5 stars', response_format => {'type':'json','schema':{'type':'object','properties':{'stars':{'type':'number'}},'required':['stars']}}) AS o;
-- check: isinstance(one, dict) and one['stars'] == 5
-- @A35 structured integer and enum and array
SELECT AI_COMPLETE(model => 'demo-small', prompt => 'Ann is 34 years old and lives in Paris.', response_format => {'type':'json','schema':{'type':'object','properties':{'name':{'type':'string'},'age':{'type':'integer'},'city':{'type':'string'}},'required':['name','age','city']}}) AS o;
-- check: isinstance(one, dict) and set(one) == {'name','age','city'} and one['age'] == 34
-- @A36 structured array of objects (docs)
SELECT AI_COMPLETE(model => 'demo-small', prompt => 'Return the customer sentiment for the following review: New kid on the block, this pizza joint! The pie arrived neither in a flash nor a snail-s pace, but the taste? Divine!', response_format => {'type':'json','schema':{'type':'object','properties':{'sentiment_categories':{'type':'array','items':{'type':'object','properties':{'food_quality':{'type':'string'},'overall_sentiment':{'type':'string'}},'required':['food_quality','overall_sentiment']}}}}}) AS o;
-- check: set(one['sentiment_categories'][0]) == {'food_quality', 'overall_sentiment'}
-- @A37 type literal array & nested
SELECT AI_COMPLETE(model => 'demo-small', prompt => 'Ann bought tea and rice.', response_format => TYPE OBJECT(buyer VARCHAR, goods ARRAY(VARCHAR))) AS o;
-- check: set(one) == {'buyer', 'goods'} and one['goods'] == ['tea', 'rice']
-- @A38 named any order and bool
SELECT AI_COMPLETE(show_details => FALSE, prompt => 'Hi', model => 'demo-small') AS c;
-- check: isinstance(one, str)
-- @A39 positional through return_error_details? 5 positional arguments
SELECT AI_COMPLETE('demo-small', 'Name a colour', {'max_tokens': 4}, NULL, TRUE) AS d;
-- check: set(one) == {'choices', 'created', 'model', 'usage'}
-- @A40 complete with FILE refused
SELECT AI_COMPLETE('demo-small', 'Describe', TO_FILE('@s/a.png'));
-- check: error is not None and 'TO_FILE' in error.message
-- @A41 complete in UPDATE / CTAS
CREATE OR REPLACE TABLE outt AS SELECT id, AI_COMPLETE('demo-small', 'Say: ' || city, {'max_tokens': 3}) AS t FROM hotel_notes WHERE id < 2;
SELECT COUNT(*) FROM outt WHERE t IS NOT NULL;
-- check: rows == [(1,)]
-- @A42 error details with show_details and response_format
SELECT AI_COMPLETE(model => 'demo-small', prompt => 'Score 7', response_format => TYPE OBJECT(score INT), show_details => TRUE, return_error_details => TRUE) AS d;
-- check: set(one) == {'value','error'} and one['error'] is None and one['value']['structured_output'][0]['raw_message']['score'] == 7
-- @A43 redact docs
SELECT AI_REDACT(input => 'My name is John Smith and I\'m twenty one years old.') AS r;
-- check: '[NAME]' in one and '[AGE]' in one and 'Smith' not in one
-- @A44 redact positional categories, mode positional
SELECT AI_REDACT('Call 555-867-5309 or write to jo@x.org', ['EMAIL','PHONE_NUMBER'], FALSE, 'redact') AS r;
-- check: one == 'Call [PHONE_NUMBER] or write to [EMAIL]'
-- @A45 redact: named mode and error details
SELECT AI_REDACT(input => 'a@b.org', mode => 'detect', return_error_details => TRUE) AS r;
-- check: one['error'] is None and one['value']['spans'][0]['category'] == 'EMAIL'
-- @A46 redact NULL
SELECT AI_REDACT(body) AS r FROM hotel_notes WHERE id = 5;
-- check: rows == [(None,)] and error is None
-- @A47 redact wrong mode
SELECT AI_REDACT(input => 'a', mode => 'hide');
-- check: error is not None and 'mode' in error.message.lower()
-- @A48 count tokens forms
SELECT AI_COUNT_TOKENS('ai_complete', 'llama3.3-70b', 'Summarize the insights from this call transcript in 20 words: hello') AS a, AI_COUNT_TOKENS('ai_embed', 'nv-embed-qa-4', 'hi there') AS b, AI_COUNT_TOKENS('ai_classify', 'I like cats', [{'label':'pets','description':'animals'},{'label':'cars'}], {'task_description':'topic','examples':[{'input':'dog','labels':['pets'],'explanation':'animal'}]}) AS c, AI_COUNT_TOKENS('ai_sentiment', 'x', [{'label':'price'}]) AS d, AI_COUNT_TOKENS('ai_summarize', 'x') AS e;
-- check: all(isinstance(v, int) and v > 0 for v in rows[0][:3])
-- @A49 count_tokens NULL text and unknown function
SELECT AI_COUNT_TOKENS('ai_sentiment', NULL) AS a, AI_COUNT_TOKENS('ai_nothing', 'x') AS b;
-- check: rows == [(None, None)]
-- @A50 prompt with json and cast
SELECT PROMPT('Hello {0}, you are {1}', 'Ann', 5):args[1]::INT AS n, PROMPT('no args') AS p;
-- check: rows[0][0] == 5 and rows[0][1] == {'template':'no args','args':[]}
-- @A51 prompt repeated placeholder
SELECT PROMPT('{0} {0} {1}', 'a', NULL) AS p;
-- check: one == {'template':'{0} {0} {1}','args':['a',None]}
-- @A52 summarize by name, NULL
SELECT AI_SUMMARIZE(text => 'Short.') AS a, AI_SUMMARIZE(NULL) AS b, AI_SUMMARIZE('Short.', return_error_details => TRUE) AS c;
-- check: rows == [('Short.', None, {'value':'Short.','error':None})]
-- @A53 translate errors by name
SELECT AI_TRANSLATE(text => 'hola', source_language => 'es', target_language => 'en') AS t, AI_TRANSLATE('hola', '', 'en', return_error_details => TRUE):error IS NOT NULL AS e;
-- check: rows == [(None, True)]
-- @A54 translate same language
SELECT AI_TRANSLATE('hello', 'xx', 'en', TRUE) AS t;
-- check: one['value'] is None and one['error']
-- @A55 legacy classify objects
SELECT SNOWFLAKE.CORTEX.CLASSIFY_TEXT('I love cooking', [{'label':'cooking','description':'food'},{'label':'travel'}]) AS c, SNOWFLAKE.CORTEX.CLASSIFY_TEXT('I love cooking', ['cooking','travel'], {'task_description':'t','examples':[{'input':'a','label':'cooking','explanation':'b'}]})['label']::VARCHAR AS d;
-- check: rows == [({'label':'cooking'}, 'cooking')]
-- @A56 legacy one category error
SELECT SNOWFLAKE.CORTEX.CLASSIFY_TEXT('x', ['a']);
-- check: error is not None
-- @A57 legacy extract answer etc.
SELECT SNOWFLAKE.CORTEX.EXTRACT_ANSWER(body, 'What was broken?') AS a FROM hotel_notes WHERE id = 2;
-- check: isinstance(one, str)
-- @A58 legacy entity sentiment no entities
SELECT SNOWFLAKE.CORTEX.ENTITY_SENTIMENT('Great food') AS e, SNOWFLAKE.CORTEX.SENTIMENT('Great food') > 0 AS s, SNOWFLAKE.CORTEX.SENTIMENT(NULL) AS n;
-- check: [c['name'] for c in rows[0][0]['categories']] == ['overall'] and rows[0][1:] == (True, None)
-- @A59 legacy complete with options guardrails, response_format
SELECT SNOWFLAKE.CORTEX.COMPLETE('demo-small', [{'role':'user','content':'Bob is 41'}], {'temperature':0,'max_tokens':50,'guardrails':TRUE,'response_format':{'type':'json','schema':{'type':'object','properties':{'age':{'type':'number'}}}}}) AS c;
-- check: isinstance(one, str) and '"structured_output"' in one and '41' in one
-- @A60 legacy COMPLETE details PARSE_JSON
SELECT PARSE_JSON(SNOWFLAKE.CORTEX.TRY_COMPLETE('demo-small', [{'role':'user','content':'Hello'}], {'max_tokens': 5})):choices[0]:messages::STRING AS m;
-- check: isinstance(one, str)
-- @A61 legacy split
SELECT SNOWFLAKE.CORTEX.SPLIT_TEXT_RECURSIVE_CHARACTER('hello world are you here', 'none', 15, 5) AS s, ARRAY_SIZE(SNOWFLAKE.CORTEX.SPLIT_TEXT_RECURSIVE_CHARACTER(text_to_split => 'abc', format => 'markdown', chunk_size => 10)) AS n;
-- check: isinstance(rows[0][0], list) and all(len(x) <= 15 for x in rows[0][0]) and rows[0][1] == 1
-- @A62 split with custom separators
SELECT SNOWFLAKE.CORTEX.SPLIT_TEXT_RECURSIVE_CHARACTER('a;b;c', 'none', 3, 0, [';']) AS s;
-- check: isinstance(one, list)
-- @A63 FLATTEN over classify results, count
SELECT f.value::STRING AS label, COUNT(*) AS n FROM hotel_notes h, LATERAL FLATTEN(INPUT => AI_CLASSIFY(h.body, ['room','staff','food'], {'output_mode':'multi'}):labels) f GROUP BY 1 ORDER BY n DESC, 1;
-- check: set(col('LABEL')) <= {'room','staff','food'}
-- @A64 FLATTEN TABLE() over sentiment
SELECT h.id, c.value:name::STRING AS aspect, c.value:sentiment::STRING AS s FROM hotel_notes h, TABLE(FLATTEN(AI_SENTIMENT(h.body, ['room','staff']):categories)) c WHERE h.id = 1 AND c.value:name <> 'overall' ORDER BY 2;
-- check: [r[1] for r in rows] == ['room','staff']
-- @A65 joins on AI_CLASSIFY result
SELECT h.id, t.dept FROM hotel_notes h JOIN (SELECT column1 AS label, column2 AS dept FROM VALUES ('room','housekeeping'),('staff','hr')) t ON AI_CLASSIFY(h.body, ['room','staff']):labels[0]::STRING = t.label ORDER BY 1;
-- check: all(r[1] in ('housekeeping','hr') for r in rows) and 1 in col('ID')
-- @A66 LEFT JOIN on AI_FILTER with USING other keys
SELECT a.id, b.id AS other FROM hotel_notes a LEFT JOIN hotel_notes b ON a.city = b.city AND a.id < b.id AND AI_FILTER(PROMPT('{0} and {1} contradict', a.body, b.body)) ORDER BY 1, 2;
-- check: sorted(set(col('ID'))) == [1,2,3,4,5]
-- @A67 EXISTS and IN with AI
SELECT city FROM (SELECT DISTINCT city FROM hotel_notes) c WHERE EXISTS (SELECT 1 FROM hotel_notes h WHERE h.city = c.city AND AI_SENTIMENT(h.body):categories[0]:sentiment = 'negative');
-- check: rows == [('Oslo',)]
-- @A68 IN subquery
SELECT id FROM hotel_notes WHERE AI_SENTIMENT(body):categories[0]:sentiment::STRING IN ('negative','mixed') ORDER BY id;
-- check: 2 in col('ID')
-- @A69 window over AI value
SELECT id, AVG(SNOWFLAKE.CORTEX.SENTIMENT(body)) OVER (PARTITION BY city ORDER BY noted ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS moving FROM hotel_notes ORDER BY id;
-- check: len(rows) == 5 and isinstance(rows[1][1], float)
-- @A70 aggregates of AI, CREATE VIEW with AI
CREATE OR REPLACE VIEW moods AS SELECT id, city, AI_SENTIMENT(body):categories[0]:sentiment::VARCHAR AS mood FROM hotel_notes;
SELECT city, COUNT_IF(mood = 'positive') AS pos, COUNT(DISTINCT mood) AS kinds_, OBJECT_AGG(id::STRING, mood::VARIANT) AS o FROM moods GROUP BY city ORDER BY city;
-- check: rows[0][1] == 1 and rows[0][2] == 2 and rows[0][3]['1'] == 'positive'
-- @A71 AI_AGG with FILTER-ish CASE and DISTINCT
SELECT AI_AGG(CASE WHEN city = 'Oslo' THEN body END, 'gist') AS g FROM hotel_notes;
SELECT AI_SUMMARIZE_AGG(DISTINCT body) AS d FROM hotel_notes;
-- check: error is not None and 'DISTINCT' in error.message
-- @A72 UNION ALL with AI
SELECT 'pos' AS k, COUNT(*) AS n FROM moods WHERE mood = 'positive' UNION ALL SELECT 'neg', COUNT(*) FROM moods WHERE mood = 'negative' ORDER BY k;
-- check: [r[0] for r in rows] == ['neg','pos'] and rows[1][1] >= 1
-- @A73 INSERT from AI
CREATE OR REPLACE TABLE labels (id INT, label VARCHAR, at TIMESTAMP_LTZ DEFAULT CURRENT_TIMESTAMP);
INSERT INTO labels (id, label) SELECT id, AI_CLASSIFY(body, ['good','bad']):labels[0]::STRING FROM hotel_notes WHERE body IS NOT NULL AND body != '';
SELECT COUNT(*), COUNT(label), COUNT(at) FROM labels;
-- check: rows == [(3,3,3)]
-- @A74 ALTER TABLE ADD COLUMN and update with AI
ALTER TABLE hotel_notes ADD COLUMN mood VARCHAR;
UPDATE hotel_notes h SET mood = AI_SENTIMENT(h.body):categories[0]:sentiment::STRING WHERE h.id IN (1,2);
SELECT id, mood FROM hotel_notes WHERE mood IS NOT NULL ORDER BY id;
-- check: rows == [(1,'positive'),(2,'negative')]
-- @A75 GROUP BY AI alias with ROLLUP
SELECT COALESCE(mood,'(all)') AS m, COUNT(*) AS n FROM moods WHERE mood IN ('positive','negative') GROUP BY ROLLUP(mood) ORDER BY 2 DESC, 1;
-- check: rows[0][0] == '(all)'
-- @A76 multi-embed, transcribe, agent refused by name
SELECT AI_TRANSCRIBE(TO_FILE('@s','a.mp3'));
SELECT AI_MULTI_EMBED('x','y');
SELECT SNOWFLAKE.CORTEX.FINETUNE('CREATE','m','base','select 1');
SELECT SNOWFLAKE.CORTEX.SEARCH_PREVIEW('svc','{}');
SELECT SNOWFLAKE.CORTEX.PARSE_DOCUMENT('@s','a.pdf',{'mode':'LAYOUT'});
-- check: all(r.error is not None for r in results) and all(n in r.error.message for n, r in zip(['AI_TRANSCRIBE','AI_MULTI_EMBED','FINETUNE','SEARCH_PREVIEW','PARSE_DOCUMENT'], results))
-- @A77 empty string rows
SELECT AI_SENTIMENT('') AS a, AI_CLASSIFY('', ['a','b']) AS b, AI_FILTER('') AS c, AI_SUMMARIZE('') AS d;
-- check: rows[0][0]['categories'][0]['sentiment'] == 'neutral' and len(rows[0][1]['labels']) == 1 and rows[0][2:] == (None, '')
-- @A78 session param false/true
ALTER SESSION SET AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR = TRUE;
ALTER SESSION UNSET AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR;
-- check: [r.error for r in results] == [None, None]
-- @A79 parameters with :name style in AI not given
SELECT AI_FILTER(:q);
-- check: error is not None and 'q' in error.message
-- @A80 pivot of moods
SELECT * FROM (SELECT city, mood FROM moods WHERE mood IS NOT NULL) PIVOT (COUNT(mood) FOR mood IN ('positive','negative','neutral')) ORDER BY city;
-- check: rows[0][0] == 'Oslo' and rows[0][1:3] == (1, 1)
-- @A81 nested AI calls
SELECT AI_CLASSIFY(AI_SUMMARIZE(body), ['room','staff']):labels[0]::STRING AS l, AI_SENTIMENT(CONCAT_WS(' ', city, body)) AS s FROM hotel_notes WHERE id = 2;
-- check: rows[0][0] == 'room'
-- @A82 entity in lateral alias
SELECT id, AI_SENTIMENT(body) AS s, s:categories[0]:sentiment::STRING AS m, m = 'positive' AS good FROM hotel_notes WHERE id <= 2 ORDER BY id;
-- check: col('GOOD') == [True, False]
-- @A83 TRY_CAST and structure on AI_COMPLETE
SELECT TRY_CAST(AI_COMPLETE('demo-small', 'Reply with 5', {'max_tokens': 3}) AS INT) AS n, TRY_PARSE_JSON(AI_COMPLETE('demo-small', 'hi', {'max_tokens': 3})) AS j;
-- check: rows == [(None, None)]
-- @A84 ENTITY: limit with positional ordinals and group by ordinals
SELECT AI_CLASSIFY(body, ['room','staff','other']):labels[0]::STRING, COUNT(*) FROM hotel_notes WHERE body <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1;
-- check: len(rows) == 1
-- @D00 setup
CREATE OR REPLACE TABLE squares AS SELECT SEQ4() + 1 AS n, (SEQ4() + 1) * (SEQ4() + 1) AS sq FROM TABLE(GENERATOR(ROWCOUNT => 4));
CREATE OR REPLACE TABLE small_t (n INT);
CREATE OR REPLACE TABLE big_t (n INT, s INT DEFAULT 7);
CREATE OR REPLACE TABLE emp (id INT, boss INT, title VARCHAR);
INSERT INTO emp VALUES (1,NULL,'President'),(10,1,'VP'),(11,1,'VP2'),(100,10,'Eng'),(101,100,'Intern');
-- check: error is None
-- @D35 insert all
INSERT ALL INTO small_t VALUES (n) INTO big_t (n, s) VALUES (n, sq) INTO big_t (n, s) VALUES (n, DEFAULT) INTO big_t (n) SELECT n, sq FROM squares;
INSERT ALL INTO small_t (n) VALUES (n) INTO big_t (n, s) VALUES (n, sq) INTO big_t (n, s) VALUES (n, DEFAULT) SELECT n, sq FROM squares;
SELECT (SELECT COUNT(*) FROM big_t), (SELECT COUNT(*) FROM small_t), (SELECT COUNT(*) FROM big_t WHERE s = 7);
-- check: '2 values for 1 columns' in results[0].error.message and results[1].rows == [(4, 8)] and rows == [(8, 4, 4)]
-- @D36 insert all conditional
TRUNCATE TABLE small_t; TRUNCATE TABLE big_t;
INSERT ALL WHEN n > 2 THEN INTO big_t (n, s) VALUES (n, sq) WHEN n > 3 THEN INTO small_t (n) VALUES (sq) ELSE INTO small_t (n) VALUES (n) SELECT n, sq FROM squares;
SELECT (SELECT LISTAGG(n, ',') WITHIN GROUP (ORDER BY n) FROM big_t), (SELECT LISTAGG(n, ',') WITHIN GROUP (ORDER BY n) FROM small_t);
-- check: rows == [('3,4','1,2,16')] and results[2].columns == ['number of rows inserted into BIG_T','number of rows inserted into SMALL_T'] and results[2].rows == [(2, 3)]
-- @D37 insert first, overwrite
INSERT OVERWRITE FIRST WHEN n > 2 THEN INTO big_t (n, s) VALUES (n, sq) WHEN n > 1 THEN INTO small_t SELECT n, sq FROM squares;
INSERT OVERWRITE FIRST WHEN n > 2 THEN INTO big_t (n, s) VALUES (n, sq) WHEN n > 1 THEN INTO small_t VALUES (n) SELECT n, sq FROM squares;
SELECT (SELECT LISTAGG(n, ',') WITHIN GROUP (ORDER BY n) FROM big_t), (SELECT LISTAGG(n, ',') WITHIN GROUP (ORDER BY n) FROM small_t);
-- check: results[0].error is not None and rows == [('3,4','2')]
-- @D38 insert all by what a model says
CREATE OR REPLACE TABLE good (body VARCHAR); CREATE OR REPLACE TABLE bad (body VARCHAR);
INSERT ALL WHEN AI_SENTIMENT(body):categories[0]:sentiment = 'positive' THEN INTO good ELSE INTO bad SELECT column1 AS body FROM VALUES ('I love it'), ('Awful, it broke'), ('I love it');
SELECT (SELECT COUNT(*) FROM good), (SELECT COUNT(*) FROM bad);
-- check: rows == [(2, 1)] and results[2].meter.model_inputs <= 2
-- @D40 connect by
SELECT id, title, boss, LEVEL, SYS_CONNECT_BY_PATH(title, ' -> ') AS path, CONNECT_BY_ROOT title AS root, PRIOR title AS up FROM emp START WITH title = 'President' CONNECT BY boss = PRIOR id ORDER BY id;
-- check: [r[3] for r in rows] == [1,2,2,3,4] and rows[4][4] == ' -> President -> VP -> Eng -> Intern' and rows[4][5] == 'President' and rows[4][6] == 'Eng' and rows[0][6] is None
-- @D41 aliases, PRIOR on the left, WHERE after, star
SELECT e.*, LEVEL - 1 AS depth FROM emp e WHERE e.title <> 'VP2' START WITH e.boss IS NULL CONNECT BY PRIOR e.id = e.boss ORDER BY LEVEL DESC, id;
SELECT * FROM emp CONNECT BY PRIOR id = boss START WITH id = 10 ORDER BY id;
-- check: results[0].columns == ['ID','BOSS','TITLE','DEPTH'] and [r[3] for r in results[0].rows] == [3,2,1,0] and columns == ['ID','BOSS','TITLE'] and [r[0] for r in rows] == [10,100,101]
-- @D42 numbers, dual, no start
SELECT LEVEL AS n FROM DUAL CONNECT BY LEVEL <= 3;
SELECT COUNT(*) FROM emp CONNECT BY boss = PRIOR id;
SELECT LEVEL FROM (SELECT 1 AS x) CONNECT BY LEVEL <= 2;
-- check: results[0].rows == [(1,),(2,),(3,)] and results[1].rows == [(12,)] and rows == [(1,),(2,)] and columns == ['LEVEL']
-- @D43 grouped, in a subquery, with a CTE
WITH staff AS (SELECT * FROM emp WHERE id <> 11) SELECT boss_title, COUNT(*) AS below FROM (SELECT CONNECT_BY_ROOT title AS boss_title, id FROM staff CONNECT BY boss = PRIOR id) GROUP BY ALL ORDER BY below DESC, 1;
-- check: rows == [('President', 4), ('VP', 3), ('Eng', 2), ('Intern', 1)]
-- @D44 titles as written, cycle hits a limit, NOCYCLE refused
SELECT PRIOR title, CONNECT_BY_ROOT id FROM emp START WITH id = 1 CONNECT BY boss = PRIOR id ORDER BY id LIMIT 2;
SELECT id FROM emp CONNECT BY NOCYCLE boss = PRIOR id;
-- check: results[0].columns == ['PRIOR TITLE','CONNECT_BY_ROOT ID'] and results[0].rows == [(None, 1), ('President', 1)] and 'NOCYCLE' in error.message
-- @D45 joins in FROM
SELECT t.title, b.bonus, LEVEL FROM emp t JOIN (SELECT column1 AS level_id, column2 AS bonus FROM VALUES (1, 'a'), (10, 'b'), (100, 'c')) b ON t.id = b.level_id START WITH t.boss IS NULL CONNECT BY t.boss = PRIOR t.id ORDER BY 3;
-- check: rows == [('President','a',1),('VP','b',2),('Eng','c',3)]
-- @D46 hierarchy with a model
SELECT id, AI_CLASSIFY(title, ['boss','worker']) IS NOT NULL AS c FROM emp START WITH boss IS NULL CONNECT BY boss = PRIOR id AND LEVEL < 3 ORDER BY id;
-- check: [r[0] for r in rows] == [1,10,11]
-- @E00 setup
CREATE OR REPLACE TABLE s (item VARCHAR, store INT, amount FLOAT);
CREATE OR REPLACE TABLE full_s AS SELECT column1 AS item, column2 AS store, column3::FLOAT AS amount FROM VALUES ('a', 1, 2), ('b', 1, 3), ('a', 2, 5);
-- check: error is None
-- @E40 totals over no rows
SELECT item, COUNT(*) AS n, SUM(amount) AS s, GROUPING(item) AS g FROM s GROUP BY ROLLUP(item);
SELECT COUNT(*) AS n FROM s GROUP BY GROUPING SETS ((item), ());
SELECT item, COUNT(*) AS n FROM s GROUP BY GROUPING SETS ((item));
SELECT item, store, COUNT(*) AS n FROM s GROUP BY CUBE(item, store);
-- check: results[0].rows == [(None, 0, None, 1)] and results[1].rows == [(0,)] and results[2].rows == [] and rows == [(None, None, 0)]
-- @E41 with HAVING, QUALIFY, ORDER, LIMIT, subquery, window, model
SELECT COUNT(*) AS n FROM s GROUP BY ROLLUP(item) HAVING COUNT(*) > 0;
SELECT * FROM (SELECT item, COUNT(*) AS n FROM s WHERE amount > 0 GROUP BY ROLLUP(item)) q WHERE n = 0;
SELECT item, COUNT(*) AS n, SUM(COUNT(*)) OVER () AS w FROM s GROUP BY ROLLUP(item) QUALIFY ROW_NUMBER() OVER (ORDER BY n) = 1 ORDER BY n DESC, item LIMIT 3;
SELECT AI_COMPLETE('demo-small', 'Say ' || COUNT(*), {'max_tokens': 2}) IS NOT NULL AS c FROM full_s GROUP BY ROLLUP(item) ORDER BY COUNT(*);
SELECT AI_AGG(item, 'x') AS c FROM s GROUP BY ROLLUP(store);
-- check: results[0].rows == [] and results[1].rows == [(None, 0)] and results[2].rows == [(None, 0, 0)] and len(results[3].rows) == 3 and results[3].meter.model_inputs <= 3 and rows == [(None,)]
-- @E42 full ones are unchanged
SELECT item, store, SUM(amount) AS s FROM full_s GROUP BY CUBE(item, store) ORDER BY item NULLS LAST, store NULLS LAST;
SELECT DISTINCT store, COUNT(*) AS n FROM full_s GROUP BY ROLLUP(store) ORDER BY 1;
SELECT store, COUNT(*) AS n FROM full_s GROUP BY ROLLUP(store) ORDER BY COUNT(*) DESC, store LIMIT 2 OFFSET 1;
-- check: near(results[0].rows[-1], (None, None, 10.0)) and len(results[0].rows) == 8 and results[1].rows == [(1,2),(2,1),(None,3)] and rows == [(1,2),(2,1)]
-- @E43 union by name
SELECT 1 AS a, 2 AS b UNION ALL BY NAME SELECT 3 AS b, 4 AS a;
SELECT 1 AS a UNION BY NAME SELECT 'x' AS c UNION BY NAME SELECT 1 AS a ORDER BY a;
-- check: results[0].rows == [(1,2),(4,3)] and columns == ['A','C'] and rows == [(1,None),(None,'x')]
-- @B00 docs sales_data
CREATE OR REPLACE TABLE sales_data (store_id NUMBER, item VARCHAR, date TIMESTAMP_NTZ, sales FLOAT, temperature NUMBER, humidity FLOAT, holiday VARCHAR);
INSERT INTO sales_data VALUES (1, 'jacket', TO_TIMESTAMP_NTZ('2020-01-01'), 2.0, 50, 0.3, 'new year'),(1, 'jacket', TO_TIMESTAMP_NTZ('2020-01-02'), 3.0, 52, 0.3, NULL),(1, 'jacket', TO_TIMESTAMP_NTZ('2020-01-03'), 4.0, 54, 0.2, NULL),(1, 'jacket', TO_TIMESTAMP_NTZ('2020-01-04'), 5.0, 54, 0.3, NULL),(1, 'jacket', TO_TIMESTAMP_NTZ('2020-01-05'), 6.0, 55, 0.2, NULL),(1, 'jacket', TO_TIMESTAMP_NTZ('2020-01-06'), 7.0, 55, 0.2, NULL),(1, 'jacket', TO_TIMESTAMP_NTZ('2020-01-07'), 8.0, 55, 0.2, NULL),(1, 'jacket', TO_TIMESTAMP_NTZ('2020-01-08'), 9.0, 55, 0.2, NULL),(1, 'jacket', TO_TIMESTAMP_NTZ('2020-01-09'), 10.0, 55, 0.2, NULL),(1, 'jacket', TO_TIMESTAMP_NTZ('2020-01-10'), 11.0, 55, 0.2, NULL),(1, 'jacket', TO_TIMESTAMP_NTZ('2020-01-11'), 12.0, 55, 0.2, NULL),(1, 'jacket', TO_TIMESTAMP_NTZ('2020-01-12'), 13.0, 55, 0.2, NULL);
INSERT INTO sales_data SELECT 2, 'umbrella', date, sales, temperature, humidity, holiday FROM sales_data;
CREATE OR REPLACE VIEW v1 AS SELECT date, sales FROM sales_data WHERE store_id = 1 AND item = 'jacket';
-- check: [str(r.error) for r in results if r.error] == []
-- @B01 lower-case colnames, forecast
CREATE SNOWFLAKE.ML.FORECAST model1(
  INPUT_DATA => TABLE(v1),
  TIMESTAMP_COLNAME => 'date',
  TARGET_COLNAME => 'sales'
);
CALL model1!FORECAST(FORECASTING_PERIODS => 3);
-- check: near([r[2:] for r in rows], [(14.0,14.0,14.0),(15.0,15.0,15.0),(16.0,16.0,16.0)])
-- @B02 CTAS from model
CREATE OR REPLACE TABLE my_forecasts AS SELECT * FROM TABLE(model1!FORECAST(FORECASTING_PERIODS => 3));
SELECT COUNT(*), MAX(forecast) FROM my_forecasts;
-- check: near(rows[0], (3, 16.0))
-- @B03 union of actual and forecast
SELECT date AS ts, sales AS actual, NULL AS forecast, NULL AS lower_bound, NULL AS upper_bound FROM sales_data WHERE store_id = 1 AND item = 'jacket'
UNION ALL
SELECT ts, NULL AS actual, forecast, lower_bound, upper_bound FROM my_forecasts ORDER BY ts;
-- check: len(rows) == 15 and columns == ['TS','ACTUAL','FORECAST','LOWER_BOUND','UPPER_BOUND'] and rows[-1][1] is None
-- @B04 BEGIN with SQLID (docs)
BEGIN
  CALL model1!FORECAST(FORECASTING_PERIODS => 3);
  LET x := SQLID;
  CREATE OR REPLACE TABLE my_forecasts AS SELECT * FROM TABLE(RESULT_SCAN(:x));
END;
SELECT COUNT(*) FROM my_forecasts;
-- check: rows == [(3,)]
-- @B05 RESULT_SCAN(-1)
CALL model1!FORECAST(FORECASTING_PERIODS => 2);
SELECT * FROM TABLE(RESULT_SCAN(-1));
-- check: len(rows) == 2 and columns[0] == 'SERIES'
-- @B06 prediction interval config
CALL model1!FORECAST(FORECASTING_PERIODS => 3, CONFIG_OBJECT => {'prediction_interval': 0.8});
-- check: len(rows) == 3
-- @B07 multi-series with array series
CREATE OR REPLACE VIEW v3 AS SELECT [store_id, item] AS store_item, date, sales FROM sales_data;
CREATE SNOWFLAKE.ML.FORECAST model2(INPUT_DATA => TABLE(v3), SERIES_COLNAME => 'store_item', TIMESTAMP_COLNAME => 'date', TARGET_COLNAME => 'sales');
CALL model2!FORECAST(FORECASTING_PERIODS => 2);
CALL model2!FORECAST(SERIES_VALUE => [2,'umbrella'], FORECASTING_PERIODS => 2);
-- check: len(results[2].rows) == 4 and [r[0] for r in rows] == [[2,'umbrella']] * 2
-- @B08 exogenous docs
CREATE OR REPLACE VIEW v2 AS SELECT date, sales, temperature, humidity, holiday FROM sales_data WHERE store_id = 1;
CREATE OR REPLACE VIEW v2_forecast AS SELECT column1::TIMESTAMP_NTZ AS date, column2 AS temperature, column3 AS humidity, column4 AS holiday FROM VALUES ('2020-01-13', 52, 0.3, NULL), ('2020-01-14', 53, 0.3, NULL);
CREATE SNOWFLAKE.ML.FORECAST model3(INPUT_DATA => TABLE(v2), TIMESTAMP_COLNAME => 'date', TARGET_COLNAME => 'sales');
CALL model3!FORECAST(INPUT_DATA => TABLE(v2_forecast), TIMESTAMP_COLNAME => 'date');
-- check: len(rows) == 2 and near([r[2] for r in rows], [14.0, 15.0])
-- @B09 missing feature errors
CALL model3!FORECAST(FORECASTING_PERIODS => 2);
-- check: error is not None and error.hint
-- @B10 explain importance
CALL model3!EXPLAIN_FEATURE_IMPORTANCE();
-- check: columns == ['SERIES','RANK','FEATURE_NAME','SCORE','FEATURE_TYPE'] and len(rows) >= 1
-- @B11 eval metrics with input data
CALL model1!SHOW_EVALUATION_METRICS(INPUT_DATA => TABLE(SELECT DATEADD(day, SEQ4(), '2020-01-13'::TIMESTAMP_NTZ) AS date, (14 + SEQ4())::FLOAT AS sales FROM TABLE(GENERATOR(ROWCOUNT => 5))), TIMESTAMP_COLNAME => 'date', TARGET_COLNAME => 'sales');
-- check: columns == ['SERIES','ERROR_METRIC','METRIC_VALUE','STANDARD_DEVIATION','LOGS'] and near(dict((r[1], r[2]) for r in rows)['MAE'], 0.0)
-- @B12 evaluate false then metrics
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST noeval(INPUT_DATA => TABLE(v1), TIMESTAMP_COLNAME => 'date', TARGET_COLNAME => 'sales', CONFIG_OBJECT => {'evaluate': FALSE});
CALL noeval!SHOW_EVALUATION_METRICS();
-- check: error is not None and 'evaluate' in error.message
-- @B13 with config object options via OBJECT_CONSTRUCT
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST opts(INPUT_DATA => SYSTEM$REFERENCE('VIEW', 'v1'), TIMESTAMP_COLNAME => 'date', TARGET_COLNAME => 'sales', CONFIG_OBJECT => OBJECT_CONSTRUCT('method','fast','frequency','1 day','evaluation_config', OBJECT_CONSTRUCT('n_splits', 2, 'gap', 0, 'test_size', 2, 'prediction_interval', 0.95)));
CALL opts!SHOW_EVALUATION_METRICS();
-- check: 'MAE' in [r[1] for r in rows]
-- @B14 unknown config option
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST badopt(INPUT_DATA => TABLE(v1), TIMESTAMP_COLNAME => 'date', TARGET_COLNAME => 'sales', CONFIG_OBJECT => {'methodd': 'fast'});
-- check: error is not None and 'methodd' in error.message.lower()
-- @B15 unknown column
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST badcol(INPUT_DATA => TABLE(v1), TIMESTAMP_COLNAME => 'dat', TARGET_COLNAME => 'sales');
-- check: error is not None and 'DAT' in error.message.upper()
-- @B16 anomalies docs
CREATE OR REPLACE VIEW view_with_training_data AS SELECT date, sales FROM sales_data WHERE store_id=1 AND item='jacket';
CREATE OR REPLACE TABLE new_sales AS SELECT column1::TIMESTAMP_NTZ AS date, column2::FLOAT AS sales FROM VALUES ('2020-01-16', 6.0), ('2020-01-17', 20.0);
CREATE OR REPLACE SNOWFLAKE.ML.ANOMALY_DETECTION basic_model(INPUT_DATA => TABLE(view_with_training_data), TIMESTAMP_COLNAME => 'date', TARGET_COLNAME => 'sales', LABEL_COLNAME => '');
CALL basic_model!DETECT_ANOMALIES(INPUT_DATA => TABLE(new_sales), TIMESTAMP_COLNAME => 'date', TARGET_COLNAME => 'sales');
-- check: columns == 'SERIES TS Y FORECAST LOWER_BOUND UPPER_BOUND IS_ANOMALY PERCENTILE DISTANCE'.split() and [r[6] for r in rows] == [True, True]
-- @B17 anomalies in FROM, filter
SELECT ts, y, is_anomaly FROM TABLE(basic_model!DETECT_ANOMALIES(INPUT_DATA => TABLE(new_sales), TIMESTAMP_COLNAME => 'date', TARGET_COLNAME => 'sales', CONFIG_OBJECT => {'prediction_interval': 0.995})) WHERE is_anomaly ORDER BY ts;
-- check: len(rows) == 2
-- @B18 anomalies earlier timestamps error
CALL basic_model!DETECT_ANOMALIES(INPUT_DATA => TABLE(SELECT '2019-12-31'::TIMESTAMP_NTZ AS date, 1.0::FLOAT AS sales), TIMESTAMP_COLNAME => 'date', TARGET_COLNAME => 'sales');
-- check: error is not None
-- @B19 show & drop variants
SHOW SNOWFLAKE.ML.ANOMALY_DETECTION;
SHOW SNOWFLAKE.ML.FORECAST INSTANCES;
DROP SNOWFLAKE.ML.ANOMALY_DETECTION IF EXISTS nothing_here;
DROP SNOWFLAKE.ML.ANOMALY_DETECTION basic_model;
CALL basic_model!EXPLAIN_FEATURE_IMPORTANCE();
-- check: results[2].error is None and results[3].rows == [('BASIC_MODEL successfully dropped.',)] and 'BASIC_MODEL' in error.message
-- @B20 classification docs
CREATE OR REPLACE TABLE training_purchase_data AS (
 SELECT CAST(UNIFORM(0, 4, RANDOM()) AS VARCHAR) AS user_interest_score, UNIFORM(0, 3, RANDOM()) AS user_rating, FALSE AS label, 'not_interested' AS class FROM TABLE(GENERATOR(rowCount => 100))
 UNION ALL
 SELECT CAST(UNIFORM(4, 7, RANDOM()) AS VARCHAR) AS user_interest_score, UNIFORM(3, 7, RANDOM()) AS user_rating, FALSE AS label, 'add_to_wishlist' AS class FROM TABLE(GENERATOR(rowCount => 100))
 UNION ALL
 SELECT CAST(UNIFORM(7, 10, RANDOM()) AS VARCHAR) AS user_interest_score, UNIFORM(7, 10, RANDOM()) AS user_rating, TRUE AS label, 'purchase' AS class FROM TABLE(GENERATOR(rowCount => 100)));
CREATE OR REPLACE VIEW binary_classification_view AS SELECT user_interest_score, user_rating, label FROM training_purchase_data;
CREATE OR REPLACE SNOWFLAKE.ML.CLASSIFICATION model_binary(INPUT_DATA => SYSTEM$REFERENCE('view', 'binary_classification_view'), TARGET_COLNAME => 'label');
SELECT model_binary!PREDICT(INPUT_DATA => {*}) AS prediction FROM training_purchase_data LIMIT 3;
-- check: error is None and set(one) == {'class','logs','probability'} and set(one['probability']) == {'True','False'}
-- @B21 predict paths
CREATE OR REPLACE SNOWFLAKE.ML.CLASSIFICATION model_multi(INPUT_DATA => TABLE(SELECT user_interest_score, user_rating, class FROM training_purchase_data), TARGET_COLNAME => 'class');
CREATE OR REPLACE TABLE predictions AS SELECT *, model_multi!PREDICT(INPUT_DATA => {*}) AS p FROM training_purchase_data;
SELECT p:class AS predicted_class, ROUND(p:probability:not_interested, 4) AS not_interested_probability, ROUND(p['probability']['purchase'], 4) AS purchase_probability FROM predictions WHERE class = 'purchase' LIMIT 2;
-- check: len(rows) == 2 and rows[0][0] in ('purchase','add_to_wishlist','not_interested') and columns == ['PREDICTED_CLASS','NOT_INTERESTED_PROBABILITY','PURCHASE_PROBABILITY']
-- @B22 {* EXCLUDE} and object literal
SELECT model_multi!PREDICT(INPUT_DATA => {* EXCLUDE label}) AS a, model_multi!PREDICT(INPUT_DATA => {'USER_INTEREST_SCORE': '9', 'USER_RATING': 9}):class::STRING AS b, model_multi!PREDICT(INPUT_DATA => OBJECT_CONSTRUCT('USER_INTEREST_SCORE','9','USER_RATING',9)):class::STRING AS c FROM training_purchase_data LIMIT 1;
-- check: error is None and rows[0][1] == 'purchase' and rows[0][2] == 'purchase'
-- @B23 predict counts grouped
SELECT class, model_multi!PREDICT(INPUT_DATA => {*}):class::STRING AS guess, COUNT(*) AS n FROM training_purchase_data GROUP BY 1, 2 ORDER BY n DESC;
-- check: sum(r[2] for r in rows) == 300
-- @B24 predict {* ILIKE}
SELECT model_multi!PREDICT(INPUT_DATA => {* ILIKE 'user_%'}):class::STRING AS a FROM training_purchase_data LIMIT 1;
-- check: error is None
-- @B25 classification reports in FROM
SELECT class, error_metric, ROUND(metric_value, 2) FROM TABLE(model_multi!SHOW_EVALUATION_METRICS()) WHERE error_metric = 'precision';
CALL model_multi!SHOW_GLOBAL_EVALUATION_METRICS();
CALL model_multi!SHOW_THRESHOLD_METRICS();
CALL model_multi!SHOW_CONFUSION_MATRIX();
CALL model_multi!SHOW_FEATURE_IMPORTANCE();
-- check: [r.error for r in results] == [None]*5 and len(results[0].rows) == 3
-- @B26 top insights docs
CREATE OR REPLACE TABLE input_table(ds DATE, metric NUMBER, dim_country VARCHAR, dim_vertical VARCHAR);
INSERT INTO input_table SELECT DATEADD(day, SEQ4(), DATE_FROM_PARTS(2020, 4, 1)) AS ds, UNIFORM(1, 10, RANDOM()) AS metric, 'usa' AS dim_country, 'tech' AS dim_vertical FROM TABLE(GENERATOR(ROWCOUNT => 365));
INSERT INTO input_table SELECT DATEADD(day, SEQ4(), DATE_FROM_PARTS(2020, 8, 1)) AS ds, UNIFORM(100, 200, RANDOM()) AS metric, 'france' AS dim_country, 'auto' AS dim_vertical FROM TABLE(GENERATOR(ROWCOUNT => 365));
CREATE OR REPLACE VIEW input_view AS (SELECT metric, dim_country AS country, dim_vertical AS vertical, ds >= '2021-01-01' AS label FROM input_table);
CREATE OR REPLACE SNOWFLAKE.ML.TOP_INSIGHTS my_insights_model();
CALL my_insights_model!get_drivers(INPUT_DATA => TABLE(input_view), LABEL_COLNAME => 'label', METRIC_COLNAME => 'metric');
-- check: rows[0][0] == ['Overall'] and any('COUNTRY = france' in r[0] for r in rows)
-- @B27 top insights IF NOT EXISTS, order by
CREATE SNOWFLAKE.ML.TOP_INSIGHTS IF NOT EXISTS my_insights_model();
SELECT contributor, growth_rate FROM TABLE(my_insights_model!GET_DRIVERS(INPUT_DATA => SYSTEM$QUERY_REFERENCE('SELECT * FROM input_view'), LABEL_COLNAME => 'LABEL', METRIC_COLNAME => 'METRIC')) LIMIT 3;
-- check: 1 <= len(rows) <= 3
-- @B41 match_recognize, one row per match
SELECT * FROM sales_data MATCH_RECOGNIZE (PARTITION BY item ORDER BY date MEASURES FIRST(date) AS s PATTERN (a+) DEFINE a AS sales > 2);
-- check: sorted(rows) == [('jacket',datetime(2020,1,2)),('umbrella',datetime(2020,1,2))]
-- @B42 dialect: object access on alias etc.
SELECT TO_VARIANT(5)::STRING AS a, PARSE_JSON('{"a":[1,{"b":"x"}]}'):a[1].b::STRING AS b, GET_PATH(PARSE_JSON('{"a":{"b":2}}'), 'a.b') AS c, GET([10,20], 1) AS d, TYPEOF(PARSE_JSON('1.5')) AS e, IS_NULL_VALUE(PARSE_JSON('{"x":null}'):x) AS f, STRIP_NULL_VALUE(PARSE_JSON('null')) AS g, OBJECT_INSERT({'a':1},'b',2) AS h, OBJECT_DELETE({'a':1,'b':2},'a') AS i, OBJECT_PICK({'a':1,'b':2},'b') AS j;
-- check: rows[0][:4] == ('5','x',2,20) and rows[0][5:] == (True, None, {'a':1,'b':2},{'b':2},{'b':2})
-- @B43 arrays
SELECT ARRAY_APPEND([1],2) AS a, ARRAY_CAT([1],[2,3]) AS b, ARRAY_COMPACT([1,NULL,2]) AS c, ARRAY_DISTINCT([1,1,2]) AS d, ARRAY_INTERSECTION([1,2],[2,3]) AS e, ARRAY_EXCEPT([1,2],[2]) AS f, ARRAY_POSITION(2::VARIANT,[1,2]) AS g, ARRAY_PREPEND([2],1) AS h, ARRAY_SLICE([1,2,3],0,2) AS i, ARRAY_SORT([3,1,2]) AS j, ARRAY_TO_STRING([1,2],',') AS k, ARRAYS_OVERLAP([1],[1,2]) AS l, ARRAY_MAX([1,5]) AS m, ARRAY_FLATTEN([[1],[2]]) AS n, ARRAY_GENERATE_RANGE(1,4) AS o, ARRAYS_ZIP([1,2],[3,4]) AS p, ARRAY_REVERSE([1,2]) AS q;
-- check: rows[0][:15] == ([1,2],[1,2,3],[1,2],[1,2],[2],[1],1,[1,2],[1,2],[1,2,3],'1,2',True,5,[1,2],[1,2,3])
-- @B44 dates
SELECT LAST_DAY('2025-02-10'::DATE) AS a, NEXT_DAY('2025-02-10'::DATE,'friday') AS b, MONTHS_BETWEEN('2025-03-31'::DATE,'2025-02-28'::DATE) AS c, TIMESTAMPADD('hour', 2, '2025-01-01'::TIMESTAMP) AS d, TIME_SLICE('2025-01-01 10:17:00'::TIMESTAMP, 15, 'MINUTE') AS e, DATE_PART('epoch_second','1970-01-02'::TIMESTAMP) AS f, EXTRACT(DOW FROM '2025-02-02'::DATE) AS g, MONTHNAME('2025-02-02'::DATE) AS h, DAYNAME('2025-02-02'::DATE) AS i, WEEKISO('2025-12-29'::DATE) AS j, ADD_MONTHS('2025-01-31'::DATE,1) AS k, TO_TIMESTAMP(1735689600) AS l, DATE_FROM_PARTS(2025,2,30) AS m, TO_CHAR('2025-02-03'::DATE,'DD-MON-YYYY') AS n;
-- check: rows[0][0] == date(2025,2,28) and rows[0][1] == date(2025,2,14) and rows[0][3] == datetime(2025,1,1,2) and rows[0][4] == datetime(2025,1,1,10,15) and rows[0][5] == 86400 and rows[0][6:10] == (0,'Feb','Sun',1) and rows[0][10] == date(2025,2,28) and rows[0][11] == datetime(2025,1,1) and rows[0][12] == date(2025,3,2) and rows[0][13] == '03-Feb-2025'
-- @B45 strings
SELECT INITCAP('hello big world') AS a, LPAD('7',3,'0') AS b, REGEXP_COUNT('aXbX','x',1,'i') AS c, REGEXP_INSTR('abc','c') AS d, REGEXP_LIKE('abc','A.*','i') AS e, CONCAT_WS('-','a','b') AS f, TRIM('  x ') AS g, LTRIM('00x','0') AS h, REVERSE('abc') AS i, CHARINDEX('b','abc') AS j, INSERT('abcdef',3,2,'zz') AS k, ENDSWITH('abc','c') AS l, EDITDISTANCE('a','b') AS m, JAROWINKLER_SIMILARITY('abc','abd') AS n, SHA2('a') AS o, MD5('a') AS p, ASCII('a') AS q, CHR(65) AS r, REPEAT('ab',2) AS s;
-- check: rows[0][:12] == ('Hello Big World','007',2,3,True,'a-b','x','x','cba',2,'abzzef',True)
-- @B46 conditional
SELECT IFF(1>0,'y','n'), NVL(NULL,1), NVL2(NULL,1,2), COALESCE(NULL,3), NULLIF(1,1), DECODE(2,1,'a',2,'b'), ZEROIFNULL(NULL), NULLIFZERO(0), EQUAL_NULL(NULL,NULL), GREATEST(1,2), LEAST(1,2), DIV0(1,0), DIV0NULL(1,NULL), BOOLAND(TRUE,FALSE), REGR_SLOPE(1,1), CASE 1 WHEN 1 THEN 'one' END, WIDTH_BUCKET(5,0,10,5), GREATEST_IGNORE_NULLS(1,NULL,3), TRY_TO_NUMBER('x'), TO_NUMBER('12.345',10,2), TRY_TO_DATE('x'), TO_BOOLEAN('yes');
-- check: rows[0][:12] == ('y',1,2,3,None,'b',0,None,True,2,1,0) and near(rows[0][19], 12.35)
-- @B47 windows and frames
SELECT n, SUM(sq) OVER (ORDER BY n ROWS UNBOUNDED PRECEDING) AS run, NTILE(2) OVER (ORDER BY n) AS t, FIRST_VALUE(n) OVER (ORDER BY n DESC) AS f, NTH_VALUE(n,2) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS s, PERCENT_RANK() OVER (ORDER BY n) AS p, CUME_DIST() OVER (ORDER BY n) AS c, DENSE_RANK() OVER (ORDER BY sq > 4) AS d FROM squares ORDER BY n;
-- check: [r[1] for r in rows] == [1,5,14,30] and [r[7] for r in rows] == [1,1,2,2]
-- @B48 percentile aggregates
SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY n) AS a, PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY n) AS b, MODE(n) AS c, APPROX_PERCENTILE(n, 0.5) AS d, VAR_SAMP(n) AS e, STDDEV_POP(n) AS f, ANY_VALUE(n) IS NOT NULL AS g, HASH_AGG(n) IS NOT NULL AS h, BITOR_AGG(n) AS i, BOOLOR_AGG(n > 3) AS j, SKEW(n) AS k, KURTOSIS(n) AS l FROM squares;
-- check: near(rows[0][:2], (2.5, 2)) and rows[0][9] is True
-- @B49 qualify with count, lateral alias, sample
SELECT item, date, sales, ROW_NUMBER() OVER (PARTITION BY item ORDER BY date DESC) AS rn FROM sales_data QUALIFY rn = 1 ORDER BY item;
-- check: [r[0] for r in rows] == ['jacket','umbrella']
-- @B50 natural join, full join, semi
SELECT a.n AS an, b.n AS bn FROM (SELECT column1 AS n FROM VALUES (1),(2)) a FULL OUTER JOIN (SELECT column1 AS n FROM VALUES (2),(3)) b ON a.n = b.n ORDER BY COALESCE(a.n, b.n);
-- check: rows == [(1,None),(2,2),(None,3)]
-- @B51 FETCH, TOP, OFFSET
SELECT TOP 2 n FROM squares ORDER BY n DESC;
SELECT n FROM squares ORDER BY n LIMIT 2 OFFSET 1;
SELECT n FROM squares ORDER BY n OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY;
-- check: results[0].rows == [(4,),(3,)] and results[1].rows == [(2,),(3,)] and rows == [(2,)]
-- @B52 select star replace, ilike
SELECT * REPLACE (n * 10 AS n) FROM squares ORDER BY n LIMIT 1;
SELECT * ILIKE '%q%' FROM squares LIMIT 1;
-- check: results[0].rows == [(10, 1)] and columns == ['SQ']
-- @B53 set operators
SELECT n FROM squares MINUS SELECT 1 ORDER BY n;
SELECT 1 AS a, 2 AS b UNION ALL BY NAME SELECT 3 AS b, 4 AS a;
-- check: results[0].rows == [(2,),(3,),(4,)] and rows == [(1,2),(4,3)]
-- @B54 recursive cte
WITH RECURSIVE t (n, f) AS (SELECT 1, 1 UNION ALL SELECT n + 1, f * (n + 1) FROM t WHERE n < 5) SELECT MAX(f) FROM t;
-- check: rows == [(120,)]
-- @B55 try functions
SELECT TRY_TO_TIMESTAMP('nope') AS a, TRY_PARSE_JSON('{bad') AS b, TRY_TO_DOUBLE('1e3') AS c, TRY_TO_BOOLEAN('t') AS d, CHECK_JSON('{bad') IS NOT NULL AS e;
-- check: rows == [(None, None, 1000.0, True, True)]
-- @B56 time zone
SELECT CONVERT_TIMEZONE('UTC','America/New_York','2025-01-01 12:00:00'::TIMESTAMP_NTZ) AS a, '2025-01-01 12:00:00'::TIMESTAMP_NTZ::DATE AS b, CURRENT_DATE() IS NOT NULL AS c, SYSDATE() IS NOT NULL AS d;
-- check: rows[0][0] == datetime(2025,1,1,7) and rows[0][1] == date(2025,1,1)
-- @B57 generator with series
SELECT SEQ4() AS n, ROW_NUMBER() OVER (ORDER BY SEQ4()) AS r, UNIFORM(1,1,RANDOM(1)) AS u, RANDSTR(4, RANDOM(2)) AS s, UUID_STRING() IS NOT NULL AS g FROM TABLE(GENERATOR(ROWCOUNT => 3)) ORDER BY 1;
-- check: [r[0] for r in rows] == [0,1,2] and rows[0][2] == 1 and len(rows[0][3]) == 4
-- @B58 create temp table, clone, like, sequence
CREATE TEMPORARY TABLE tt (a INT, b VARCHAR(3));
CREATE TABLE tt2 CLONE tt;
CREATE OR REPLACE TRANSIENT TABLE tt3 LIKE tt;
INSERT INTO tt VALUES (1, 'abcd');
-- check: error is not None and results[0].error is None and results[1].error is None and results[2].error is None
-- @B59 describe and show
DESCRIBE TABLE squares;
DESC VIEW v1;
SHOW TABLES LIKE 'SQ%';
SHOW COLUMNS IN TABLE squares;
-- check: [r.error for r in results] == [None]*4 and [r[0] for r in results[0].rows] == ['N','SQ']
-- @B60 use, comment, begin transaction
USE WAREHOUSE compute_wh;
USE SCHEMA public;
SELECT CURRENT_USER() IS NOT NULL, CURRENT_DATABASE(), CURRENT_SCHEMA(), CURRENT_VERSION() IS NOT NULL, CURRENT_WAREHOUSE() IS NOT NULL OR TRUE;
-- check: error is None
-- @B61 fully qualified names
CREATE OR REPLACE TABLE mydb.public.q1 (a INT);
INSERT INTO mydb.public.q1 VALUES (1);
SELECT mydb.public.q1.a, q1.a FROM mydb.public.q1;
-- check: rows == [(1,1)]
-- @B62 FLATTEN recursive with keys
SELECT f.path, f.value::STRING AS v FROM TABLE(FLATTEN(INPUT => PARSE_JSON('{"a":1,"b":{"c":[2,3]}}'), RECURSIVE => TRUE)) f WHERE NOT IS_OBJECT(f.value) AND NOT IS_ARRAY(f.value) ORDER BY 1;
-- check: rows == [('a','1'),('b.c[0]','2'),('b.c[1]','3')]
-- @B63 forecasting over CALL with TABLE('name') and query id
CALL model1!SHOW_TRAINING_LOGS();
SELECT LAST_QUERY_ID() IS NOT NULL AS k;
-- check: rows == [(True,)] and results[0].columns == ['SERIES','LOGS']
-- @B64 forecast joined with AI
SELECT ts::DATE AS d, ROUND(forecast) AS f, AI_CLASSIFY('Sales of ' || ROUND(forecast)::INT || ' units', ['numbers','weather']):labels[0]::STRING AS k FROM TABLE(model1!FORECAST(FORECASTING_PERIODS => 1));
-- check: rows[0][0] == date(2020,1,13) and rows[0][1] == 14
-- @B65 call with positional
CALL model1!FORECAST(2);
-- check: len(rows) == 2
-- @B66 colnames given in double quotes / mixed case table
CREATE OR REPLACE TABLE "Mixed" ("Ts" TIMESTAMP_NTZ, "Val" FLOAT);
INSERT INTO "Mixed" SELECT DATEADD(day, SEQ4(), '2025-01-01'::TIMESTAMP_NTZ), 5 + SEQ4() FROM TABLE(GENERATOR(ROWCOUNT => 14));
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST mm(INPUT_DATA => SYSTEM$REFERENCE('TABLE', '"Mixed"'), TIMESTAMP_COLNAME => 'Ts', TARGET_COLNAME => 'Val');
CALL mm!FORECAST(FORECASTING_PERIODS => 1);
-- check: near(rows[0][2], 19.0)
