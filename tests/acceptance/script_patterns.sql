-- Scripts as people write them, in own words: whole worksheets with settings, comments and steps that only the
-- service has. Read by test_further_patterns.py; the "-- check:" lines are Python expressions.
-- @WS00 a worksheet's head: roles, warehouses and schemas are taken, a search path too
USE ROLE analyst;
USE WAREHOUSE small_wh;
USE lamps_db.support;
ALTER SESSION SET SEARCH_PATH = '$current, $public, SNOWFLAKE.ML';
// a comment of the older kind; with a semicolon
CREATE OR REPLACE TABLE letters (
	LETTER_ID NUMBER(18,0),
	SENT_AT TIMESTAMP_NTZ(9) DEFAULT CURRENT_TIMESTAMP(),
	CONTENT VARCHAR(16777216)
);
INSERT INTO letters (letter_id, content) VALUES (1, 'The lamp broke after a day.'), (2, 'Lovely lamp, quick delivery!'), (3, NULL);
CREATE OR REPLACE TABLE sold AS SELECT DATEADD('day', SEQ4(), '2025-01-01'::TIMESTAMP_NTZ) AS sold_on, 'S1' AS store, (10 + 2 * SEQ4())::FLOAT AS units FROM TABLE(GENERATOR(ROWCOUNT => 20));
-- check: [r.error for r in results] == [None] * 7
-- @WS01 classes of SNOWFLAKE.ML by their short names
CREATE OR REPLACE FORECAST units_ahead (
    input_data => SYSTEM$REFERENCE('TABLE', 'sold'),
    series_colname => 'store', -- one model, many stores
    timestamp_colname => 'sold_on',
    target_colname => 'units'
);
SHOW FORECAST LIKE 'UNITS%';
CREATE ANOMALY_DETECTION IF NOT EXISTS odd_units(INPUT_DATA => TABLE(SELECT sold_on, units FROM sold), TIMESTAMP_COLNAME => 'SOLD_ON', TARGET_COLNAME => 'UNITS', LABEL_COLNAME => '');
SHOW ANOMALY_DETECTION INSTANCES;
CREATE TOP_INSIGHTS why_units();
DROP FORECAST IF EXISTS no_such_model;
CALL units_ahead!forecast(forecasting_periods => 2 * 1, config_object => {'prediction_interval': 0.9});
-- check: [r.error for r in results] == [None] * 7 and [r.rows[0][1] for r in (results[1], results[3])] == ['UNITS_AHEAD', 'ODD_UNITS']
-- check: near([row[2] for row in rows], [50.0, 52.0])
-- @WS02 the last result joined to the history, the series freed of its quotes
SELECT sold_on, units AS actual, NULL AS forecast FROM sold WHERE sold_on > '2025-01-19'
UNION ALL
SELECT ts AS sold_on, NULL AS actual, ROUND(forecast, 0) FROM TABLE(RESULT_SCAN(-1)) WHERE REPLACE(series, '"', '') = 'S1'
ORDER BY 1;
-- check: [row[1:] for row in rows] == [(48.0, None), (None, 50.0), (None, 52.0)]
-- @WS03 a block that forecasts and keeps the rows by the query's id
BEGIN
    CALL units_ahead!FORECAST(FORECASTING_PERIODS => 3);
    LET x := SQLID;
    CREATE OR REPLACE TABLE units_kept AS SELECT YEAR(TS) YEAR, COUNT(*) N, AVG(ROUND(FORECAST, 2)) FORECAST FROM TABLE(RESULT_SCAN(:x)) GROUP BY YEAR;
END;
SELECT * FROM units_kept;
-- check: rows == [(2025, 3, 52.0)]
-- @WS04 steps of the service are refused by name, and the script goes on
CREATE OR REPLACE DYNAMIC TABLE letters_live TARGET_LAG = '1 hour' WAREHOUSE = small_wh AS SELECT * FROM letters;
CREATE OR REPLACE TASK letters_nightly SCHEDULE = 'USING CRON 0 1 * * * UTC' AS BEGIN DELETE FROM letters; DELETE FROM sold; END;
GRANT SELECT ON TABLE letters TO ROLE reader;
SELECT (SELECT COUNT(*) FROM letters) AS l, (SELECT COUNT(*) FROM sold) AS s;
-- check: [r.error is not None for r in results] == [True, True, True, False] and rows == [(3, 20)]
-- @WS05 a table prepared for a search service
ALTER TABLE letters SET CHANGE_TRACKING = TRUE;
ALTER TABLE letters ADD COLUMN IF NOT EXISTS mood VARCHAR;
ALTER TABLE letters DROP COLUMN IF EXISTS embedding;
UPDATE letters SET mood = AI_SENTIMENT(content):categories[0]:sentiment::STRING WHERE mood IS NULL;
SELECT letter_id, mood FROM letters ORDER BY 1;
-- check: rows == [(1, 'negative'), (2, 'positive'), (3, None)]
-- @WS06 the best match of each row: a lateral or scalar query that sorts by what it reads of the row outside
CREATE OR REPLACE TABLE articles (slug VARCHAR, body VARCHAR);
INSERT INTO articles VALUES ('broken', 'The lamp broke and does not light.'), ('delivery', 'Delivery of lamps: quick or late parcels.');
SELECT l.letter_id, best.slug FROM letters l, LATERAL (SELECT a.slug FROM articles a ORDER BY AI_SIMILARITY(l.content, a.body) DESC LIMIT 1) best WHERE l.content IS NOT NULL ORDER BY 1;
SELECT l.letter_id, (SELECT a.slug FROM articles a ORDER BY AI_SIMILARITY(l.content, a.body) DESC NULLS LAST, a.slug LIMIT 1) AS slug FROM letters l WHERE l.letter_id < 3 ORDER BY 1;
SELECT l.letter_id, b.slug FROM letters l LEFT JOIN LATERAL (SELECT a.slug, COUNT(*) AS n FROM articles a GROUP BY a.slug ORDER BY ABS(LENGTH(a.slug) - l.letter_id), n LIMIT 1) b ORDER BY 1;
-- check: results[2].rows == [(1, 'broken'), (2, 'delivery')] == results[3].rows
-- check: rows == [(1, 'broken'), (2, 'broken'), (3, 'broken')]
