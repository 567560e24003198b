-- SNOWFLAKE.ML: models, their methods, and their results in other queries. Read by test_further_patterns.py.
-- @M00 setup
CREATE OR REPLACE TABLE sales (store VARCHAR, item VARCHAR, day DATE, qty FLOAT, holiday BOOLEAN, temp NUMBER);
INSERT INTO sales SELECT IFF(MOD(SEQ4(),2)=0,'N','S'), 'tea', DATEADD('day', FLOOR(SEQ4()/2), '2024-03-01'::DATE), 5 + 3 * FLOOR(SEQ4()/2), FALSE, 20 FROM TABLE(GENERATOR(ROWCOUNT => 40));
CREATE OR REPLACE VIEW v_n AS SELECT TO_TIMESTAMP_NTZ(day) AS d, qty FROM sales WHERE store = 'N';
CREATE OR REPLACE VIEW v_all AS SELECT store, day, qty FROM sales;
-- check: [str(r.error) for r in results if r.error] == []
-- @M01 create message
CREATE SNOWFLAKE.ML.FORECAST fm(INPUT_DATA => TABLE(v_n), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'QTY');
-- check: rows == [('Instance FM successfully created.',)]
-- @M02 create again fails, IF NOT EXISTS does not
CREATE SNOWFLAKE.ML.FORECAST fm(INPUT_DATA => TABLE(v_n), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'QTY');
CREATE SNOWFLAKE.ML.FORECAST IF NOT EXISTS fm(INPUT_DATA => TABLE(v_n), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'QTY');
-- check: results[0].error is not None and 'FM' in results[0].error.message and error is None
-- @M03 forecast columns and values
CALL fm!FORECAST(FORECASTING_PERIODS => 2);
-- check: columns == ['SERIES','TS','FORECAST','LOWER_BOUND','UPPER_BOUND'] and rows[0][0] is None and rows[0][1] == datetime(2024,3,21) and near([r[2] for r in rows], [65.0, 68.0])
-- @M04 forecast in FROM with join and cast
SELECT f.ts::DATE AS d, ROUND(f.forecast, 1) AS y FROM TABLE(fm!FORECAST(FORECASTING_PERIODS => 3)) f WHERE f.forecast > 66 ORDER BY d;
-- check: [r[0] for r in rows] == [date(2024,3,22), date(2024,3,23)]
-- @M05 union of history and forecast (docs pattern)
SELECT d AS ts, qty AS actual, NULL AS forecast, NULL AS lower_bound, NULL AS upper_bound FROM v_n UNION ALL SELECT ts, NULL AS actual, forecast, lower_bound, upper_bound FROM TABLE(fm!FORECAST(FORECASTING_PERIODS => 2)) ORDER BY ts;
-- check: len(rows) == 22 and rows[0][2] is None and rows[-1][1] is None and rows[-1][2] is not None
-- @M06 call then result_scan into a table
CALL fm!FORECAST(FORECASTING_PERIODS => 2, CONFIG_OBJECT => {'prediction_interval': 0.5});
CREATE OR REPLACE TABLE my_forecasts AS SELECT * FROM TABLE(RESULT_SCAN(-1));
SELECT COUNT(*) FROM my_forecasts;
-- check: rows == [(2,)]
-- @M07 scripting pattern from the docs: sqlid
BEGIN
    CALL fm!FORECAST(FORECASTING_PERIODS => 3, CONFIG_OBJECT => {'prediction_interval': 0.8});
    LET x := SQLID;
    CREATE OR REPLACE TABLE my_forecasts AS SELECT * FROM TABLE(RESULT_SCAN(:x));
END;
SELECT * FROM my_forecasts;
-- check: len(rows) == 3 and columns == ['SERIES','TS','FORECAST','LOWER_BOUND','UPPER_BOUND']
-- @M08 multi series
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST ms(INPUT_DATA => SYSTEM$REFERENCE('VIEW','v_all'), SERIES_COLNAME => 'STORE', TIMESTAMP_COLNAME => 'DAY', TARGET_COLNAME => 'QTY');
CALL ms!FORECAST(FORECASTING_PERIODS => 2);
-- check: [r[0] for r in rows] == ['N','N','S','S'] and near(rows[3][2], 68.0)
-- @M09 series columns compound (docs)
CREATE OR REPLACE VIEW v_multi AS SELECT [store, item] AS store_item, TO_TIMESTAMP_NTZ(day) AS day, qty FROM sales;
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST mc(INPUT_DATA => TABLE(v_multi), SERIES_COLNAME => 'store_item', TIMESTAMP_COLNAME => 'day', TARGET_COLNAME => 'qty');
CALL mc!FORECAST(SERIES_VALUE => ['N','tea'], FORECASTING_PERIODS => 1);
SELECT series[0]::STRING AS store, forecast FROM TABLE(mc!FORECAST(FORECASTING_PERIODS => 1)) ORDER BY 1;
-- check: results[2].rows[0][0] == ['N','tea'] and [r[0] for r in rows] == ['N','S']
-- @M10 unknown series value
CALL ms!FORECAST(SERIES_VALUE => 'Q', FORECASTING_PERIODS => 2);
-- check: error is not None
-- @M11 exogenous
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST mx(INPUT_DATA => TABLE(SELECT day, qty, holiday, temp FROM sales WHERE store = 'N'), TIMESTAMP_COLNAME => 'DAY', TARGET_COLNAME => 'QTY');
CREATE OR REPLACE TABLE future AS SELECT DATEADD('day', SEQ4(), '2024-03-21'::DATE) AS day, FALSE AS holiday, 20 AS temp FROM TABLE(GENERATOR(ROWCOUNT => 2));
CALL mx!FORECAST(INPUT_DATA => TABLE(future), TIMESTAMP_COLNAME => 'DAY');
-- check: len(rows) == 2 and rows[0][1] == datetime(2024,3,21)
-- @M12 a model with features of its own asked by periods
CALL mx!FORECAST(FORECASTING_PERIODS => 2);
-- check: error is not None or len(rows) == 2
-- @M13 evaluation metrics
CALL ms!SHOW_EVALUATION_METRICS();
-- check: columns[:4] == ['SERIES','ERROR_METRIC','METRIC_VALUE','STANDARD_DEVIATION'] and {'MAE','MAPE','MSE','SMAPE'} <= set(col('ERROR_METRIC'))
-- @M14 feature importance
CALL mx!EXPLAIN_FEATURE_IMPORTANCE();
-- check: columns == ['SERIES','RANK','FEATURE_NAME','SCORE','FEATURE_TYPE'] and rows
-- @M15 training logs
CALL fm!SHOW_TRAINING_LOGS();
-- check: columns == ['SERIES','LOGS']
-- @M16 not enough timestamps
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST bad(INPUT_DATA => TABLE(SELECT '2024-01-01'::TIMESTAMP_NTZ AS d, 1 AS y), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'Y');
-- check: error is not None and 'At least two unique timestamps are required.' in error.message
-- @M17 on_error skip with a short series
CREATE OR REPLACE TABLE mixed AS SELECT store, TO_TIMESTAMP_NTZ(day) AS day, qty FROM sales UNION ALL SELECT 'Z', '2024-03-01'::TIMESTAMP_NTZ, 1;
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST mskip(INPUT_DATA => TABLE(mixed), SERIES_COLNAME => 'STORE', TIMESTAMP_COLNAME => 'DAY', TARGET_COLNAME => 'QTY', CONFIG_OBJECT => {'on_error':'skip'});
CALL mskip!FORECAST(FORECASTING_PERIODS => 1, CONFIG_OBJECT => {'on_error':'skip'});
SELECT series, logs FROM TABLE(mskip!SHOW_TRAINING_LOGS()) WHERE logs IS NOT NULL;
-- check: {'N','S'} <= {r[0] for r in results[2].rows} and any(r[0] == 'Z' for r in rows)
-- @M18 positional create and naive short series
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST mn(INPUT_DATA => TABLE(SELECT '2024-01-01'::TIMESTAMP_NTZ AS d, 5.0 AS y UNION ALL SELECT '2024-01-02', 9.0 UNION ALL SELECT '2024-01-03', 7.0), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'Y');
CALL mn!FORECAST(FORECASTING_PERIODS => 2);
-- check: near([r[2] for r in rows], [7.0, 7.0])
-- @M19 method fast, frequency, query reference
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST mq(INPUT_DATA => SYSTEM$QUERY_REFERENCE('SELECT day, qty FROM sales WHERE store = ''S'''), TIMESTAMP_COLNAME => 'day', TARGET_COLNAME => 'qty', CONFIG_OBJECT => {'method':'fast','frequency':'1 day','evaluate':TRUE,'evaluation_config':{'n_splits':2,'gap':0,'prediction_interval':0.9}});
CALL mq!FORECAST(3);
-- check: len(rows) == 3
-- @M20 show, like and drop
SHOW SNOWFLAKE.ML.FORECAST;
SHOW SNOWFLAKE.ML.FORECAST LIKE 'f%';
SHOW SNOWFLAKE.ML.FORECAST INSTANCES;
DROP SNOWFLAKE.ML.FORECAST IF EXISTS nothing;
DROP SNOWFLAKE.ML.FORECAST mq;
CALL mq!FORECAST(1);
-- check: 'FM' in str(results[1].rows) and 'MS' not in str(results[1].rows) and results[3].error is None and results[4].error is None and error is not None
-- @M21 anomaly unlabelled, columns
CREATE OR REPLACE SNOWFLAKE.ML.ANOMALY_DETECTION ad(INPUT_DATA => TABLE(v_n), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'QTY', LABEL_COLNAME => '');
CALL ad!DETECT_ANOMALIES(INPUT_DATA => TABLE(SELECT column1::TIMESTAMP_NTZ AS d, column2::FLOAT AS qty FROM VALUES ('2024-03-21', 65), ('2024-03-22', 500)), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'QTY');
-- check: columns == ['SERIES','TS','Y','FORECAST','LOWER_BOUND','UPPER_BOUND','IS_ANOMALY','PERCENTILE','DISTANCE'] and [r[6] for r in rows] == [False, True]
-- @M22 anomalies through FROM and interval
SELECT ts, y FROM TABLE(ad!DETECT_ANOMALIES(INPUT_DATA => TABLE(SELECT '2024-03-21'::TIMESTAMP_NTZ AS d, 1000.0 AS qty), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'QTY', CONFIG_OBJECT => {'prediction_interval':0.95})) WHERE is_anomaly;
-- check: len(rows) == 1
-- @M23 anomalies before the training end
CALL ad!DETECT_ANOMALIES(INPUT_DATA => TABLE(SELECT '2024-03-05'::TIMESTAMP_NTZ AS d, 10.0 AS qty), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'QTY');
-- check: error is not None
-- @M24 multi series anomalies labelled
CREATE OR REPLACE TABLE lab AS SELECT store, TO_TIMESTAMP_NTZ(day) AS day, qty, FALSE AS is_bad FROM sales;
CREATE OR REPLACE SNOWFLAKE.ML.ANOMALY_DETECTION adm(INPUT_DATA => TABLE(lab), SERIES_COLNAME => 'STORE', TIMESTAMP_COLNAME => 'DAY', TARGET_COLNAME => 'QTY', LABEL_COLNAME => 'IS_BAD');
CALL adm!DETECT_ANOMALIES(INPUT_DATA => TABLE(SELECT 'N' AS store, '2024-03-21'::TIMESTAMP_NTZ AS day, 64.5 AS qty UNION ALL SELECT 'S', '2024-03-21'::TIMESTAMP_NTZ, -300), SERIES_COLNAME => 'STORE', TIMESTAMP_COLNAME => 'DAY', TARGET_COLNAME => 'QTY');
SHOW SNOWFLAKE.ML.ANOMALY_DETECTION;
-- check: {r[0]: r[6] for r in results[2].rows}['S'] is True and len(rows) == 2
-- @M25 classification
CREATE OR REPLACE TABLE train AS SELECT SEQ4() AS n, IFF(MOD(SEQ4(),2)=0,'red','blue') AS colour, IFF(MOD(SEQ4(),2)=0,'yes','no') AS label FROM TABLE(GENERATOR(ROWCOUNT => 40));
CREATE OR REPLACE SNOWFLAKE.ML.CLASSIFICATION cl(INPUT_DATA => SYSTEM$REFERENCE('TABLE','train'), TARGET_COLNAME => 'LABEL', CONFIG_OBJECT => {'evaluate': TRUE, 'on_error': 'skip'});
SELECT colour, cl!PREDICT(INPUT_DATA => {*}):class::STRING AS p, cl!PREDICT(INPUT_DATA => {*}):probability:yes::FLOAT AS y FROM (SELECT 1 AS n, 'red' AS colour UNION ALL SELECT 2, 'blue') ORDER BY colour;
-- check: rows[0][:2] == ('blue','no') and rows[1][:2] == ('red','yes') and rows[1][2] > 0.5
-- @M26 predict object_construct and wildcard object with exclude, CTAS
CREATE OR REPLACE TABLE preds AS SELECT *, cl!PREDICT(INPUT_DATA => OBJECT_CONSTRUCT(*)) AS p FROM train;
SELECT p:class::STRING AS c, COUNT(*) AS n FROM preds GROUP BY c ORDER BY c;
-- check: rows == [('no',20),('yes',20)]
-- @M27 predict shape
SELECT cl!PREDICT(INPUT_DATA => OBJECT_CONSTRUCT('n', 3, 'colour', 'blue')) AS p;
-- check: set(one) == {'class','logs','probability'} and one['logs'] is None and set(one['probability']) == {'yes','no'}
-- @M28 classification evaluations
CALL cl!SHOW_EVALUATION_METRICS();
CALL cl!SHOW_GLOBAL_EVALUATION_METRICS();
CALL cl!SHOW_THRESHOLD_METRICS();
CALL cl!SHOW_CONFUSION_MATRIX();
CALL cl!SHOW_FEATURE_IMPORTANCE();
CALL cl!SHOW_TRAINING_LOGS();
-- check: [str(r.error) for r in results if r.error] == [] and all(r.rows or i == 5 for i, r in enumerate(results))
-- @M29 top insights
CREATE OR REPLACE SNOWFLAKE.ML.TOP_INSIGHTS ti();
CREATE OR REPLACE TABLE drv AS SELECT IFF(MOD(SEQ4(),2)=0,'usa','france') AS country, IFF(MOD(SEQ4(),3)=0,'fashion','auto') AS vertical, SEQ4() >= 30 AS label, IFF(SEQ4() >= 30 AND MOD(SEQ4(),2)=0, 300, 100) AS metric FROM TABLE(GENERATOR(ROWCOUNT => 60));
CALL ti!GET_DRIVERS(INPUT_DATA => TABLE(drv), LABEL_COLNAME => 'label', METRIC_COLNAME => 'metric');
-- check: columns == ['CONTRIBUTOR','METRIC_CONTROL','METRIC_TEST','CONTRIBUTION','RELATIVE_CONTRIBUTION','GROWTH_RATE'] and rows[0][0] == ['Overall'] and near(rows[0][1], 3000.0) and near(rows[0][2], 6000.0)
-- @M30 top insights through TABLE and array_contains
SELECT contributor, growth_rate FROM TABLE(ti!GET_DRIVERS(INPUT_DATA => TABLE(drv), LABEL_COLNAME => 'LABEL', METRIC_COLNAME => 'METRIC')) WHERE ARRAY_CONTAINS('COUNTRY = usa'::VARIANT, contributor) LIMIT 1;
-- check: len(rows) == 1
-- @M31 show and drop all kinds
SHOW SNOWFLAKE.ML.CLASSIFICATION;
SHOW SNOWFLAKE.ML.TOP_INSIGHTS;
DROP SNOWFLAKE.ML.TOP_INSIGHTS ti;
DROP SNOWFLAKE.ML.ANOMALY_DETECTION ad;
DROP SNOWFLAKE.ML.CLASSIFICATION cl;
-- check: [str(r.error) for r in results if r.error] == []
-- @M32 forecast with AI on the result
WITH f AS (SELECT ts, forecast FROM TABLE(fm!FORECAST(FORECASTING_PERIODS => 2))) SELECT ts::DATE AS d, AI_CLASSIFY('demand of ' || forecast::INT::STRING, ['numbers','poetry']):labels[0]::STRING AS k FROM f ORDER BY 1;
-- check: len(rows) == 2
-- @M33 per-month aggregate of forecast
SELECT DATE_TRUNC('month', ts)::DATE AS m, SUM(forecast) AS total, MAX(upper_bound) >= MAX(forecast) AS ok FROM TABLE(ms!FORECAST(FORECASTING_PERIODS => 3)) GROUP BY 1;
-- check: rows[0][0] == date(2024,3,1) and near(rows[0][1], 408.0) and rows[0][2] is True
-- @M34 missing target column
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST mt(INPUT_DATA => TABLE(v_n), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'NOPE');
-- check: error is not None and 'NOPE' in error.message
-- @M35 unknown method
CALL fm!GUESS();
-- check: error is not None and 'GUESS' in error.message
-- @M36 fully qualified model name
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST mydb.public.fq(INPUT_DATA => TABLE(v_n), TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'QTY');
CALL mydb.public.fq!FORECAST(FORECASTING_PERIODS => 1);
-- check: near(rows[0][2], 65.0)
-- @M37 forecast interval order
SELECT BOOLAND_AGG(lower_bound <= forecast AND forecast <= upper_bound) AS ok FROM TABLE(mn!FORECAST(FORECASTING_PERIODS => 5, CONFIG_OBJECT => {'prediction_interval': 0.9}));
-- check: rows == [(True,)]
-- @M38 create with tags and comment; weekly data
CREATE OR REPLACE SNOWFLAKE.ML.FORECAST mw(INPUT_DATA => TABLE(SELECT DATEADD('week', SEQ4(), '2024-01-01'::TIMESTAMP_NTZ) AS w, 10 + SEQ4() AS y FROM TABLE(GENERATOR(ROWCOUNT => 20))), TIMESTAMP_COLNAME => 'W', TARGET_COLNAME => 'Y') COMMENT = 'weekly';
CALL mw!FORECAST(FORECASTING_PERIODS => 2);
-- check: rows[0][1] == datetime(2024,5,20) and rows[1][1] == datetime(2024,5,27)
-- @M39 last_query_id index
SELECT 5 AS v;
SELECT v + 1 AS w FROM TABLE(RESULT_SCAN(LAST_QUERY_ID(-1)));
-- check: rows == [(6,)]
