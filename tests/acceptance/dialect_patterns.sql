-- Snowflake's SQL around the AI functions. Read by test_further_patterns.py.
-- @Q00 setup
CREATE OR REPLACE TABLE emp (id INT, name VARCHAR, dept VARCHAR, salary NUMBER(10,2), hired DATE, mgr INT);
INSERT INTO emp (id, name, dept, salary, hired, mgr) VALUES (1,'Ada','eng',120.5,'2020-01-15',NULL),(2,'Bo','eng',80,'2021-06-30',1),(3,'Cy','ops',75.25,'2022-02-28',1),(4,'Di','ops',NULL,'2023-12-31',3),(5,'Ed',NULL,60,'2024-02-29',3);
CREATE OR REPLACE TABLE events (id INT, ts TIMESTAMP_NTZ, kind STRING, payload VARIANT);
INSERT INTO events SELECT 1, '2025-01-01 00:05:10'::TIMESTAMP_NTZ, 'view', PARSE_JSON('{"u":{"id":7,"tags":["a","b"]},"price":"12.50","ok":true}') UNION ALL SELECT 2, '2025-01-01 00:17:00', 'buy', PARSE_JSON('{"u":{"id":8,"tags":[]},"price":3,"ok":false}') UNION ALL SELECT 3, '2025-01-01 01:00:00', 'view', PARSE_JSON('{"u":null}') UNION ALL SELECT 4, '2025-01-02 23:59:59', 'view', NULL;
CREATE OR REPLACE TABLE quarterly (empid INT, jan INT, feb INT, mar INT);
INSERT INTO quarterly VALUES (1, 100, 200, NULL), (2, 10, 20, 30);
-- check: [str(r.error) for r in results if r.error] == []
-- @Q01 to_char formats
SELECT TO_CHAR('2025-03-09 07:05:04'::TIMESTAMP_NTZ, 'DD-MON-YYYY HH12:MI:SS AM') AS a, TO_CHAR('2025-03-09'::DATE, 'YY/MM/DD DY') AS b, TO_CHAR(1234.5, '999,999.00') AS c, TO_VARCHAR('2025-03-09'::DATE, 'MMMM DD, YYYY') AS d, TO_CHAR(12, '0000') AS e;
-- check: rows[0][0] == '09-Mar-2025 07:05:04 AM' and rows[0][1] == '25/03/09 Sun' and rows[0][2].strip() == '1,234.50' and rows[0][3] == 'March 09, 2025' and rows[0][4].strip() == '0012'
-- @Q02 date parts
SELECT DATE_PART(quarter, '2025-08-15'::DATE) AS q, DATE_PART('dayofyear', '2025-02-01'::DATE) AS doy, DATE_PART(epoch_second, '1970-01-02'::TIMESTAMP_NTZ) AS e, EXTRACT(week FROM '2025-01-06'::DATE) AS w, DAYNAME('2025-03-09'::DATE) AS dn, MONTHNAME('2025-03-09'::DATE) AS mn, YEAROFWEEK('2024-12-30'::DATE) AS yw, DAYOFWEEKISO('2025-03-09'::DATE) AS di, HOUR('2025-03-09 07:05:04'::TIMESTAMP) AS h;
-- check: rows[0] == (3, 32, 86400, 2, 'Sun', 'Mar', 2025, 7, 7)
-- @Q03 last_day, next_day, previous_day, add_months, months_between
SELECT LAST_DAY('2024-02-10'::DATE) AS a, LAST_DAY('2025-05-08'::DATE, 'quarter') AS b, NEXT_DAY('2025-03-09'::DATE, 'Friday') AS c, PREVIOUS_DAY('2025-03-09'::DATE, 'mo') AS d, ADD_MONTHS('2025-01-31'::DATE, 1) AS e, MONTHS_BETWEEN('2025-03-31'::DATE, '2025-02-28'::DATE) AS f, ADD_MONTHS('2024-02-29'::DATE, 12) AS g;
-- check: rows[0][:5] == (date(2024,2,29), date(2025,6,30), date(2025,3,14), date(2025,3,3), date(2025,2,28)) and near(rows[0][5], 1.0) and rows[0][6] == date(2025,2,28)
-- @Q04 time_slice
SELECT TIME_SLICE(ts, 15, 'MINUTE') AS s, COUNT(*) AS n, TIME_SLICE('2025-01-01'::DATE, 1, 'WEEK', 'END') AS e FROM events WHERE id < 3 GROUP BY 1 ORDER BY 1;
-- check: [r[0] for r in rows] == [datetime(2025,1,1,0,0), datetime(2025,1,1,0,15)] and rows[0][2] in (date(2025,1,6), datetime(2025,1,6))
-- @Q05 datediff units
SELECT DATEDIFF(year, '2024-12-31', '2025-01-01') AS y, DATEDIFF('quarter', '2024-12-31'::DATE, '2025-04-01'::DATE) AS q, DATEDIFF(week, '2025-01-05'::DATE, '2025-01-06'::DATE) AS w, DATEDIFF(hour, '2025-01-01 00:59:59'::TIMESTAMP_NTZ, '2025-01-01 01:00:00'::TIMESTAMP_NTZ) AS h, TIMESTAMPDIFF(second, '2025-01-01'::TIMESTAMP_NTZ, '2025-01-01 00:01:00'::TIMESTAMP_NTZ) AS s, '2025-01-10'::DATE - '2025-01-01'::DATE AS d;
-- check: rows == [(1, 2, 1, 1, 60, 9)]
-- @Q06 intervals
SELECT '2025-01-31'::DATE + INTERVAL '1 month' AS a, '2025-01-01'::TIMESTAMP_NTZ + INTERVAL '1 day, 2 hours' AS b, '2025-01-01'::DATE - INTERVAL '2 weeks' AS c, '2025-01-01'::DATE + 5 AS d, '2025-01-01'::TIMESTAMP_NTZ - INTERVAL '30 minutes' AS e;
-- check: rows == [(date(2025,2,28), datetime(2025,1,2,2,0), date(2024,12,18), date(2025,1,6), datetime(2024,12,31,23,30))]
-- @Q07 date_trunc variants and date_from_parts
SELECT DATE_TRUNC(month, hired) AS m, TRUNC(hired, 'year') AS y, DATE_FROM_PARTS(2025, 14, 0) AS p, TIMESTAMP_FROM_PARTS(2025,1,2,3,4,5) AS t, TIME_FROM_PARTS(1,2,3) AS tm FROM emp WHERE id = 3;
-- check: rows[0][:4] == (date(2022,2,1), date(2022,1,1), date(2026,1,31), datetime(2025,1,2,3,4,5)) and str(rows[0][4]).startswith('01:02:03')
-- @Q08 to_date, to_timestamp formats and epochs
SELECT TO_DATE('03/09/2025', 'MM/DD/YYYY') AS a, TO_TIMESTAMP('2025-03-09T07:05:04Z') AS b, TO_TIMESTAMP(0) AS c, TO_TIMESTAMP(1700000000000, 3) AS d, TO_DATE('1700000000') AS e, TRY_TO_DATE('2025-02-30') AS f, DATE('2025-01-01') AS g;
-- check: rows[0][0] == date(2025,3,9) and rows[0][2] == datetime(1970,1,1) and rows[0][3] == datetime(2023,11,14,22,13,20) and rows[0][4] == date(2023,11,14) and rows[0][5] is None and rows[0][6] == date(2025,1,1)
-- @Q09 pivot sum with list and any
SELECT * FROM (SELECT dept, YEAR(hired) AS y, salary FROM emp WHERE dept IS NOT NULL) PIVOT (SUM(salary) FOR y IN (2020, 2021, 2022)) ORDER BY dept;
-- check: columns == ['DEPT','2020','2021','2022'] and near(rows[0], ('eng', 120.5, 80.0, None))
-- @Q10 pivot any order by
SELECT * FROM (SELECT dept, kind FROM emp, events WHERE dept IS NOT NULL AND events.id = emp.id) PIVOT (COUNT(kind) FOR kind IN (ANY ORDER BY kind)) ORDER BY dept;
-- check: columns[0] == 'DEPT' and [c.strip("'") for c in columns[1:]] == ['buy','view'] and rows == [('eng',1,1),('ops',0,2)]
-- @Q11 unpivot
SELECT * FROM quarterly UNPIVOT (sales FOR month IN (jan, feb, mar)) ORDER BY empid, sales;
-- check: columns == ['EMPID','MONTH','SALES'] and rows == [(1,'JAN',100),(1,'FEB',200),(2,'JAN',10),(2,'FEB',20),(2,'MAR',30)]
-- @Q12 unpivot include nulls
SELECT COUNT(*) FROM quarterly UNPIVOT INCLUDE NULLS (sales FOR month IN (jan AS 'January', feb AS 'February', mar AS 'March')) WHERE month IN ('January','March');
-- check: rows == [(4,)]
-- @Q13 window frames
SELECT id, SUM(salary) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS s, AVG(salary) OVER (PARTITION BY dept ORDER BY id RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS a, COUNT(*) OVER () AS c FROM emp ORDER BY id;
-- check: near([r[1] for r in rows], [200.5, 275.75, 155.25, 135.25, 60.0]) and all(r[3] == 5 for r in rows)
-- @Q14 range interval frame
SELECT id, COUNT(*) OVER (ORDER BY ts RANGE BETWEEN INTERVAL '30 minutes' PRECEDING AND CURRENT ROW) AS n FROM events ORDER BY id;
-- check: [r[1] for r in rows] == [1,2,1,1]
-- @Q15 ignore nulls
SELECT id, LAG(salary) IGNORE NULLS OVER (ORDER BY id) AS p, LAST_VALUE(dept IGNORE NULLS) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS d, FIRST_VALUE(salary) RESPECT NULLS OVER (PARTITION BY dept ORDER BY id DESC) AS f FROM emp ORDER BY id;
-- check: near(rows[4][1], 75.25) and rows[4][2] == 'ops' and rows[2][3] is None
-- @Q16 qualify without window in select, with aggregate
SELECT dept, SUM(salary) AS s FROM emp WHERE dept IS NOT NULL GROUP BY dept QUALIFY RANK() OVER (ORDER BY SUM(salary) DESC) = 1;
-- check: near(rows, [('eng', 200.5)])
-- @Q17 cube & grouping
SELECT dept, YEAR(hired) AS y, GROUPING(dept) AS g, COUNT(*) AS n FROM emp WHERE id < 3 GROUP BY CUBE(dept, YEAR(hired)) ORDER BY 1 NULLS LAST, 2 NULLS LAST, 3;
-- check: rows == [('eng',2020,0,1),('eng',2021,0,1),('eng',None,0,2),(None,2020,1,1),(None,2021,1,1),(None,None,1,2)]
-- @Q18 grouping sets and grouping_id
SELECT dept, mgr, GROUPING_ID(dept, mgr) AS gi, COUNT(*) FROM emp WHERE id IN (2,3) GROUP BY GROUPING SETS ((dept), (mgr), ()) ORDER BY gi, dept;
-- check: [r[2] for r in rows] == [1,1,2,3] and rows[-1][3] == 2
-- @Q19 conditional functions
SELECT IFF(NULL, 1, 2) AS a, NVL2('x', 'y', 'z') AS b, DECODE(NULL, NULL, 'nul', 'other') AS c, ZEROIFNULL(NULL) AS d, EQUAL_NULL(1, NULL) AS e, (1 IS DISTINCT FROM NULL) AS f, IFNULL(NULL, 'q') AS g, NULLIF('a', 'a') AS h, (NULL IS NOT DISTINCT FROM NULL) AS i, COALESCE(NULL, NULL, 3) AS j, GREATEST(1, NULL) AS k, LEAST('b','a') AS l;
-- check: rows == [(2,'y','nul',0,False,True,'q',None,True,3,None,'a')]
-- @Q20 boolean aggregates
SELECT BOOLAND_AGG(salary > 50) AS a, BOOLOR_AGG(salary > 100) AS b, BOOLXOR_AGG(id = 1) AS c, BITAND_AGG(id) AS d, BITXOR_AGG(id) AS e FROM emp;
-- check: rows == [(True, True, True, 0, 1)]
-- @Q21 array functions
SELECT ARRAY_APPEND([1,2], 3) AS a, ARRAY_CAT([1],[2,3]) AS b, ARRAY_SLICE([0,1,2,3],1,3) AS c, ARRAY_DISTINCT([1,1,2]) AS d, ARRAY_INTERSECTION([1,2,3],[2,3,4]) AS e, ARRAY_EXCEPT([1,2,3],[2]) AS f, ARRAY_SORT([3,1,2]) AS g, ARRAY_TO_STRING(['a','b'], '-') AS h, ARRAY_POSITION('b'::VARIANT, ['a','b']) AS i, ARRAYS_OVERLAP([1,2],[2,5]) AS j, ARRAY_COMPACT([1,NULL,2]) AS k, ARRAY_MAX([1,5,3]) AS l, ARRAY_GENERATE_RANGE(1,4) AS m, ARRAY_INSERT([0,2],1,1) AS n, ARRAY_PREPEND([2],1) AS o, ARRAY_REMOVE([1,2,1],1) AS p, ARRAY_FLATTEN([[1,2],[3]]) AS q, ARRAYS_ZIP([1,2],[3,4])[0] AS r;
-- check: rows[0][:14] == ([1,2,3],[1,2,3],[1,2],[1,2],[2,3],[1,3],[1,2,3],'a-b',1,True,[1,2],5,[1,2,3],[0,1,2]) and rows[0][14:17] == ([1,2],[2],[1,2,3]) and rows[0][17] == {'$1':1,'$2':3}
-- @Q22 array aggregates
SELECT ARRAY_AGG(name) WITHIN GROUP (ORDER BY name DESC) AS a, ARRAY_AGG(DISTINCT dept) WITHIN GROUP (ORDER BY dept) AS b, ARRAY_UNIQUE_AGG(dept) AS c, ARRAY_SIZE(ARRAY_AGG(salary)) AS d FROM emp;
-- check: rows[0][0] == ['Ed','Di','Cy','Bo','Ada'] and rows[0][1] == ['eng','ops'] and sorted(rows[0][2]) == ['eng','ops'] and rows[0][3] == 4
-- @Q23 object functions
SELECT OBJECT_INSERT(OBJECT_CONSTRUCT('a',1),'b',2) AS a, OBJECT_DELETE({'a':1,'b':2},'a') AS b, OBJECT_PICK({'a':1,'b':2},'b') AS c, OBJECT_KEYS({'x':1,'y':2}) AS d, OBJECT_CONSTRUCT_KEEP_NULL('a', NULL) AS e, OBJECT_CONSTRUCT('a', NULL, 'b', 1) AS f, OBJECT_INSERT({'a':1},'a',5,TRUE) AS g, TYPEOF(PARSE_JSON('1.5')) AS h, GET({'a':[1,2]}:a, 1) AS i, GET_PATH(PARSE_JSON('{"a":{"b":3}}'), 'a.b') AS j, IS_NULL_VALUE(PARSE_JSON('{"a":null}'):a) AS k, STRIP_NULL_VALUE(PARSE_JSON('{"a":null}'):a) AS l;
-- check: rows[0][0] == {'a':1,'b':2} and rows[0][1] == {'b':2} and rows[0][2] == {'b':2} and rows[0][3] == ['x','y'] and rows[0][4] == {'a':None} and rows[0][5] == {'b':1} and rows[0][6] == {'a':5} and rows[0][7] == 'DECIMAL' and rows[0][8:] == (2,3,True,None)
-- @Q24 flatten modes outer, recursive, path
SELECT e.id, f.seq IS NOT NULL AS s, f.key, f.path, f.index, f.value::STRING AS v FROM events e, LATERAL FLATTEN(INPUT => e.payload, PATH => 'u.tags', OUTER => TRUE, MODE => 'ARRAY') f ORDER BY e.id, f.index;
-- check: [(r[0], r[4], r[5]) for r in rows] == [(1,0,'a'),(1,1,'b'),(2,None,None),(3,None,None),(4,None,None)] and rows[0][3] == 'u.tags[0]'
-- @Q25 flatten object mode
SELECT f.key, f.value FROM events, LATERAL FLATTEN(INPUT => payload:u, MODE => 'OBJECT') f WHERE events.id = 1 ORDER BY f.key;
-- check: rows == [('id', 7), ('tags', ['a','b'])]
-- @Q26 variant comparison and cast
SELECT id FROM events WHERE payload:price::FLOAT > 2 AND payload:u.id IN (7, 8) ORDER BY payload:price::NUMBER(6,2) DESC;
-- check: rows == [(1,),(2,)]
-- @Q27 variant null versus sql null
SELECT id, payload:u IS NULL AS n, IS_NULL_VALUE(payload:u) AS j, payload:missing IS NULL AS m FROM events WHERE id IN (3,4) ORDER BY id;
-- check: rows == [(3, False, True, True), (4, True, None, True)]
-- @Q28 case of quoted identifiers
SELECT id AS "Id", name AS "my name", 1 AS x FROM emp WHERE id = 1;
-- check: columns == ['Id','my name','X']
-- @Q29 $ columns and values alias
SELECT $1 AS a, $2 AS b FROM VALUES (1,'one'),(2,'two') ORDER BY $1 DESC;
SELECT v.n, v.s FROM (VALUES (1,'one'),(2,'two')) AS v (n, s) WHERE v.n > 1;
-- check: results[0].rows == [(2,'two'),(1,'one')] and rows == [(2,'two')]
-- @Q30 session variables
SET (lo, label) = (70, 'ops');
SELECT id FROM emp WHERE salary > $lo AND dept = $label;
SELECT $lo + 1 AS x, GETVARIABLE('LABEL') AS g;
UNSET lo;
SELECT $lo;
-- check: results[1].rows == [(3,)] and results[2].rows == [(71,'ops')] and error is not None
-- @Q31 identifier()
SET tname = 'emp';
SELECT COUNT(*) FROM IDENTIFIER($tname);
SELECT IDENTIFIER('name') FROM TABLE('emp') WHERE id = 2;
-- check: results[1].rows == [(5,)] and rows == [('Bo',)]
-- @Q32 like all, ilike any, escape
SELECT name FROM emp WHERE name ILIKE ANY ('a%', '%D') ORDER BY 1;
SELECT name FROM emp WHERE name LIKE ALL ('%d%', 'A%');
SELECT 'a%b' LIKE 'a^%b' ESCAPE '^' AS y, 'axb' LIKE 'a^%b' ESCAPE '^' AS n, 'abc' NOT LIKE 'A%' AS c, 'x' NOT ILIKE 'X' AS d;
-- check: results[0].rows == [('Ada',),('Ed',)] and results[1].rows == [('Ada',)] and rows == [(True, False, True, False)]
-- @Q33 asof join
SELECT e.id, p.id AS pid FROM events e ASOF JOIN (SELECT id, ts FROM events WHERE kind = 'buy') p MATCH_CONDITION (e.ts >= p.ts) ORDER BY 1;
-- check: rows == [(1,None),(2,2),(3,2),(4,2)]
-- @Q34 natural join, using, self join
SELECT * FROM (SELECT 1 AS k, 'a' AS x) NATURAL JOIN (SELECT 1 AS k, 'b' AS y);
SELECT e.name, m.name AS boss FROM emp e LEFT JOIN emp m ON e.mgr = m.id ORDER BY e.id;
-- check: results[0].columns == ['K','X','Y'] and [r[1] for r in rows] == [None,'Ada','Ada','Cy','Cy']
-- @Q35 lateral subquery
SELECT d.dept, t.name FROM (SELECT DISTINCT dept FROM emp WHERE dept IS NOT NULL) d, LATERAL (SELECT name FROM emp e WHERE e.dept = d.dept ORDER BY id LIMIT 1) t ORDER BY 1;
-- check: rows == [('eng','Ada'),('ops','Cy')]
-- @Q36 recursive cte with path
WITH RECURSIVE chain (id, name, lvl, path) AS (SELECT id, name, 0, name FROM emp WHERE mgr IS NULL UNION ALL SELECT e.id, e.name, c.lvl + 1, c.path || '/' || e.name FROM emp e JOIN chain c ON e.mgr = c.id) SELECT path, lvl FROM chain ORDER BY path;
-- check: ('Ada/Cy/Di', 2) in rows and len(rows) == 5
-- @Q37 connect by
SELECT LPAD(' ', 2 * (LEVEL - 1)) || name AS tree, SYS_CONNECT_BY_PATH(name, '>') AS p, CONNECT_BY_ROOT name AS r FROM emp START WITH mgr IS NULL CONNECT BY mgr = PRIOR id ORDER BY id;
-- check: rows[3] == ('    Di', '>Ada>Cy>Di', 'Ada')
-- @Q38 statistics
SELECT ROUND(CORR(id, salary), 4) AS c, ROUND(REGR_SLOPE(salary, id), 4) AS s, ROUND(COVAR_SAMP(id, salary), 4) AS v, MEDIAN(salary) AS m, PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY salary) AS p, MODE(dept) IN ('eng','ops') AS o, APPROX_COUNT_DISTINCT(dept) AS d, STDDEV(id) AS t, VARIANCE_POP(id) AS w, REGR_COUNT(salary, id) AS rc, COUNT(DISTINCT dept, mgr) AS cd FROM emp;
-- check: near(rows[0][3], 77.625) and near(rows[0][4], 71.4375) and rows[0][5] is True and rows[0][6] == 2 and near(round(rows[0][7], 6), 1.581139) and near(rows[0][8], 2.0) and rows[0][9:] == (4, 3)
-- @Q39 ratio_to_report, width_bucket, ntile, cume_dist
SELECT id, ROUND(RATIO_TO_REPORT(salary) OVER (), 3) AS r, WIDTH_BUCKET(salary, 50, 130, 4) AS b, NTILE(3) OVER (ORDER BY id) AS t FROM emp WHERE salary IS NOT NULL ORDER BY id;
-- check: near(rows[0], (1, 0.359, 4, 1)) and [r[2] for r in rows] == [4,2,2,1]
-- @Q40 conditional_true_event, conditional_change_event
SELECT id, CONDITIONAL_TRUE_EVENT(kind = 'buy') OVER (ORDER BY ts) AS t, CONDITIONAL_CHANGE_EVENT(kind) OVER (ORDER BY ts) AS c FROM events ORDER BY id;
-- check: rows == [(1,0,0),(2,1,1),(3,1,2),(4,1,2)]
-- @Q41 listagg, min_by, max_by with n
SELECT LISTAGG(DISTINCT dept, '|') WITHIN GROUP (ORDER BY dept) AS l, MIN_BY(name, salary) AS a, MAX_BY(name, salary) AS b, MAX_BY(name, id, 2) AS c, LISTAGG(name) AS d, ANY_VALUE(1) AS e FROM emp;
-- check: rows == [('eng|ops','Ed','Ada',['Ed','Di'],'AdaBoCyDiEd',1)]
-- @Q42 generator, uniform, seq
SELECT COUNT(*) AS n, MIN(u) >= 1 AND MAX(u) <= 6 AS ok FROM (SELECT UNIFORM(1, 6, RANDOM(7)) AS u FROM TABLE(GENERATOR(ROWCOUNT => 50)));
SELECT DATEADD(day, ROW_NUMBER() OVER (ORDER BY SEQ8()) - 1, '2025-01-30'::DATE) AS d FROM TABLE(GENERATOR(ROWCOUNT => 3)) v ORDER BY 1;
-- check: results[0].rows == [(50, True)] and [r[0] for r in rows] == [date(2025,1,30),date(2025,1,31),date(2025,2,1)]
-- @Q43 sample
SELECT COUNT(*) FROM emp SAMPLE (100);
SELECT COUNT(*) FROM emp TABLESAMPLE BERNOULLI (0);
SELECT COUNT(*) FROM emp SAMPLE (2 ROWS);
-- check: [r.rows[0][0] for r in results] == [5,0,2]
-- @Q44 strings
SELECT SPLIT_PART('a,b,c', ',', -1) AS a, INITCAP('hello wORLD') AS b, REGEXP_SUBSTR('abc123def', '[0-9]+') AS c, REGEXP_REPLACE('a1b2', '[0-9]', '') AS d, REGEXP_COUNT('banana','a') AS e, REGEXP_LIKE('abc','a.c') AS f, 'abc' RLIKE 'b' AS g, LPAD('7',3,'0') AS h, POSITION('n' IN 'banana') AS i, CHARINDEX('an','banana',3) AS j, INSERT('abcdef',3,2,'zzz') AS k, REVERSE('abc') AS l, RIGHT('abcdef',2) AS m, LTRIM('xxabc','x') AS n, TRIM('  q ') AS o, CONCAT_WS('-', 'a', 'b') AS p, STRTOK('a.b.c', '.', 2) AS q, SUBSTR('hello', -3, 2) AS r, EDITDISTANCE('kitten','sitting') AS s, ASCII('A') AS t, CHR(66) AS u, MD5('a') AS v, SOUNDEX('Robert') AS w, REPEAT('ab',2) AS x;
-- check: rows[0][:19] == ('c','Hello World','123','ab',3,True,False,'007',3,4,'abzzzef','cba','ef','abc','q','a-b','b','ll',3) and rows[0][19:] == (65,'B','0cc175b9c0f1b6a831c399e269772661','R163','abab')
-- @Q45 dollar quoting and escapes
SELECT $$it's "raw" \n$$ AS a, 'tab\there' AS b, 'it''s' AS c, 'quo\'te' AS d, 'uni\u0041' AS e, 'back\\slash' AS f, LENGTH('a\nb') AS g;
-- check: rows == [('it\'s "raw" \\n','tab\there',"it's","quo'te",'uniA','back\\slash',3)]
-- @Q46 comments everywhere
SELECT /* block ; comment */ 1 AS a -- line ; comment
, 2 AS b // slash comment
;
-- check: rows == [(1,2)] and len(results) == 1
-- @Q47 numbers
SELECT 7/2 AS a, 7 % 3 AS b, DIV0(1,0) AS c, ROUND(2.5) AS d, ROUND(-2.5) AS e, TRUNC(2.567, 2) AS f, CEIL(1.2) AS g, MOD(-7,3) AS h, 1e3 AS i, POWER(2,10) AS j, SQRT(16) AS k, SIGN(-3) AS l, FLOOR(-1.5) AS m, ROUND(1234.5, -2) AS n, SQUARE(3) AS o, FACTORIAL(5) AS p, BITAND(6,3) AS q, TO_NUMBER('1,234.5', '9,999.9') AS r, CBRT(27) AS s, HAVERSINE(0,0,0,1) > 111 AS t;
-- check: near(rows[0], (3.5, 1, 0, 3, -3, 2.56, 2, -1, 1000.0, 1024.0, 4.0, -1, -2, 1200, 9, 120, 2, 1235, 3.0, True)) or near([float(x) for x in rows[0][:19]], [3.5, 1.0, 0.0, 3.0, -3.0, 2.56, 2.0, -1.0, 1000.0, 1024.0, 4.0, -1.0, -2.0, 1200.0, 9.0, 120.0, 2.0, 1235.0, 3.0])
-- @Q48 casts error
SELECT '12abc'::INT;
SELECT CAST('x' AS DATE);
SELECT TRY_CAST('1.7' AS INT) AS a, '1.7'::INT AS b, 2.5::INT AS c, TRUE::INT AS d, 'true'::BOOLEAN AS e, 1::BOOLEAN AS f, 5::VARCHAR AS g, 1.50::NUMBER(5,1)::VARCHAR AS h, TO_VARCHAR(TRUE) AS i;
-- check: results[0].error is not None and results[1].error is not None and rows == [(2,2,3,1,True,True,'5','1.5','true')]
-- @Q49 set operations precedence and order by alias
SELECT dept AS d FROM emp INTERSECT SELECT 'eng' UNION SELECT 'zzz' ORDER BY d;
SELECT id FROM emp EXCEPT SELECT mgr FROM emp ORDER BY id DESC LIMIT 2;
-- check: results[0].rows == [('eng',),('zzz',)] and rows == [(5,),(4,)]
-- @Q50 exclude rename replace
SELECT * EXCLUDE (salary, hired, mgr) RENAME (name AS n) FROM emp WHERE id = 1;
SELECT e.* EXCLUDE mgr, m.name AS boss FROM emp e JOIN emp m ON e.mgr = m.id WHERE e.id = 2;
-- check: results[0].columns == ['ID','N','DEPT'] and columns == ['ID','NAME','DEPT','SALARY','HIRED','BOSS']
-- @Q51 group by all with expression, order by all
SELECT UPPER(dept) AS d, COUNT(*) AS n FROM emp GROUP BY ALL ORDER BY ALL;
-- check: rows == [('ENG',2),('OPS',2),(None,1)]
-- @Q52 group by ordinal and alias, having alias
SELECT YEAR(hired) AS y, SUM(salary) AS total FROM emp GROUP BY y HAVING total > 70 ORDER BY total DESC;
-- check: near(rows, [(2020,120.5),(2021,80.0),(2022,75.25)])
-- @Q53 lateral alias chain
SELECT salary * 2 AS dbl, dbl + 1 AS plus, plus::INT AS i FROM emp WHERE dbl > 200;
-- check: near(rows, [(241.0, 242.0, 242)])
-- @Q54 nulls in order by default
SELECT salary FROM emp ORDER BY salary;
SELECT salary FROM emp ORDER BY salary DESC;
-- check: results[0].rows[-1] == (None,) and rows[0] == (None,)
-- @Q55 boolean results
SELECT 1 = 1 AS a, NOT TRUE AS b, NULL AND FALSE AS c, 'a' IN ('a','b') AS d, 3 BETWEEN 1 AND 5 AS e, 1 IN (2, NULL) AS f;
-- check: rows == [(True, False, False, True, True, None)]
-- @Q56 any / all subquery comparison
SELECT id FROM emp WHERE salary > ALL (SELECT salary FROM emp WHERE dept = 'ops' AND salary IS NOT NULL) AND id = ANY (SELECT id FROM emp WHERE id < 3) ORDER BY 1;
-- check: rows == [(1,),(2,)]
-- @Q57 multi-column IN and tuple values
SELECT id FROM emp WHERE (dept, mgr) IN (('eng', 1), ('ops', 3)) ORDER BY id;
SELECT id FROM emp WHERE (dept, id) IN (SELECT dept, MIN(id) FROM emp GROUP BY dept) ORDER BY 1;
-- check: results[0].rows == [(2,),(4,)] and rows == [(1,),(3,)]
-- @Q58 parse_json, to_json, try_parse_json, check_json, xml
SELECT TRY_PARSE_JSON('{a') AS a, TO_JSON(PARSE_JSON('{"b": 1}')) AS b, PARSE_JSON('[1,2]')[1]::INT AS c, TO_VARIANT('x') AS d, TO_ARRAY('q') AS e, AS_INTEGER(PARSE_JSON('5')) AS f, IS_ARRAY(PARSE_JSON('[]')) AS g, TO_OBJECT(PARSE_JSON('{"z":1}')):z AS h;
-- check: rows == [(None,'{"b":1}',2,'x',['q'],5,True,1)]
-- @Q59 higher order functions
SELECT FILTER([1,2,3,4], x -> x > 2) AS a, TRANSFORM([1,2], x INT -> x * 10) AS b, REDUCE([1,2,3], 0, (acc, x) -> acc + x) AS c;
-- check: rows == [([3,4],[10,20],6)]
-- @Q60 hash stable, sha, base64
SELECT HASH('a') = HASH('a') AS a, SHA2('a', 256) = SHA2('a') AS b, BASE64_ENCODE('hi') AS c, BASE64_DECODE_STRING('aGk=') AS d, HEX_ENCODE('A') AS e, TRY_HEX_DECODE_STRING('zz') AS f;
-- check: rows == [(True, True, 'aGk=', 'hi', '41', None)]
-- @Q61 create table variants
CREATE TABLE IF NOT EXISTS ct1 (id INT AUTOINCREMENT START 10 INCREMENT 5, n VARCHAR(10) NOT NULL DEFAULT 'x', ok BOOLEAN DEFAULT TRUE, at TIMESTAMP_NTZ DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (id)) COMMENT = 'demo';
INSERT INTO ct1 (n) VALUES ('a'), (DEFAULT);
SELECT id, n, ok FROM ct1 ORDER BY id;
-- check: rows == [(10,'a',True),(15,'x',True)]
-- @Q62 insert overwrite, insert select with cte, multi row expressions
CREATE OR REPLACE TABLE io (a INT, b VARCHAR);
INSERT INTO io WITH s AS (SELECT 1 AS a, 'x' AS b) SELECT * FROM s;
INSERT OVERWRITE INTO io SELECT id, name FROM emp WHERE id < 3;
INSERT INTO io SELECT * FROM VALUES (9, UPPER('nine'));
SELECT * FROM io ORDER BY a;
-- check: rows == [(1,'Ada'),(2,'Bo'),(9,'NINE')]
-- @Q63 merge with delete and multiple clauses
MERGE INTO io USING (VALUES (1,'del'),(2,'upd'),(3,'new')) AS s (k, v) ON io.a = s.k WHEN MATCHED AND s.v = 'del' THEN DELETE WHEN MATCHED THEN UPDATE SET b = s.v WHEN NOT MATCHED THEN INSERT VALUES (s.k, s.v);
SELECT * FROM io ORDER BY a;
-- check: rows == [(2,'upd'),(3,'new'),(9,'NINE')]
-- @Q64 delete using, update from subquery
DELETE FROM io USING (SELECT 3 AS k) d WHERE io.a = d.k;
UPDATE io SET b = s.m FROM (SELECT MAX(name) AS m FROM emp) s WHERE a = 9;
SELECT * FROM io ORDER BY a;
-- check: rows == [(2,'upd'),(9,'Ed')]
-- @Q65 create table like, clone, ctas with column list, drop, undrop
CREATE OR REPLACE TABLE ctx (x, y) AS SELECT id, name FROM emp WHERE id = 1;
CREATE OR REPLACE TABLE ctl LIKE ctx;
CREATE OR REPLACE TABLE ctc CLONE ctx;
DROP TABLE ctx;
SELECT (SELECT COUNT(*) FROM ctl) AS l, (SELECT COUNT(*) FROM ctc) AS c;
-- check: rows == [(0, 1)] and [str(r.error) for r in results if r.error] == []
-- @Q66 show tables, describe result columns
SHOW TABLES;
SELECT "name", "rows" FROM TABLE(RESULT_SCAN(LAST_QUERY_ID())) WHERE "name" = 'EMP';
DESCRIBE TABLE emp;
SELECT "name", "type", "null?" FROM TABLE(RESULT_SCAN(LAST_QUERY_ID())) LIMIT 2;
-- check: results[1].rows == [('EMP', 5)] and rows == [('ID','NUMBER(38,0)','Y'),('NAME','VARCHAR(16777216)','Y')]
-- @Q67 information_schema
SELECT table_name, column_name, data_type, ordinal_position FROM information_schema.columns WHERE table_name = 'EMP' ORDER BY ordinal_position LIMIT 2;
SELECT COUNT(*) > 0 FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'PUBLIC' AND TABLE_TYPE = 'BASE TABLE';
-- check: [r[1] for r in results[0].rows] == ['ID','NAME'] and rows == [(True,)]
-- @Q68 sql udf
CREATE OR REPLACE FUNCTION area(r FLOAT) RETURNS FLOAT AS 'PI() * r * r';
SELECT ROUND(area(2), 3) AS a, ROUND(AVG(area(id)), 2) FROM emp;
-- check: near(rows[0], (12.566, 34.56))
-- @Q69 sql udf with $$ and AI inside
CREATE FUNCTION mood_of(t VARCHAR) RETURNS VARCHAR LANGUAGE SQL AS $$ AI_SENTIMENT(t):categories[0]:sentiment::STRING $$;
SELECT mood_of('I love this') AS m, mood_of(NULL) AS n;
-- check: rows == [('positive', None)]
-- @Q70 table udf
CREATE OR REPLACE FUNCTION team(d VARCHAR) RETURNS TABLE (id INT, name VARCHAR) AS $$ SELECT id, name FROM emp WHERE dept = d $$;
SELECT name FROM TABLE(team('eng')) ORDER BY id;
-- check: rows == [('Ada',),('Bo',)]
-- @Q71 procedures
CREATE OR REPLACE PROCEDURE add_up(n INT) RETURNS INT LANGUAGE SQL AS
$$
DECLARE s INT DEFAULT 0;
BEGIN
  FOR i IN 1 TO n DO s := s + i; END FOR;
  RETURN s;
END;
$$;
CALL add_up(4);
-- check: rows == [(10,)] and columns == ['ADD_UP']
-- @Q72 transactions
CREATE OR REPLACE TABLE txn (a INT);
BEGIN;
INSERT INTO txn VALUES (1);
ROLLBACK;
SELECT COUNT(*) FROM txn;
-- check: rows == [(0,)] and [str(r.error) for r in results if r.error] == []
-- @Q73 commit
BEGIN TRANSACTION;
INSERT INTO txn VALUES (1),(2);
COMMIT;
ROLLBACK;
SELECT COUNT(*) FROM txn;
-- check: rows == [(2,)]
-- @Q74 alter session no-ops, use
USE DATABASE mydb;
USE ROLE sysadmin;
ALTER SESSION SET TIMEZONE = 'UTC';
ALTER SESSION SET QUERY_TAG = 'demo';
ALTER SESSION UNSET QUERY_TAG;
SELECT CURRENT_ROLE() IS NOT NULL;
-- check: [str(r.error) for r in results if r.error] == []
-- @Q75 collate compares and sorts without case
SELECT 'a' = 'A' COLLATE 'en-ci' AS x, name = (SELECT MIN(UPPER(name)) FROM emp) COLLATE 'en-ci' AS first FROM emp ORDER BY COLLATE(name, 'en-ci') LIMIT 1;
-- check: rows == [(True, True)]
-- @Q76 nocycle
SELECT id FROM emp START WITH id = 1 CONNECT BY NOCYCLE PRIOR id = mgr ORDER BY id;
-- check: error is not None or [r[0] for r in rows] == [1,2,3,4,5]
-- @Q77 sequences
CREATE OR REPLACE SEQUENCE seq_a START = 5 INCREMENT = 2;
SELECT seq_a.NEXTVAL AS a, seq_a.NEXTVAL AS b;
-- check: rows == [(5, 7)]
-- @Q78 top, limit null, offset
SELECT TOP 1 name FROM emp ORDER BY id DESC;
SELECT id FROM emp ORDER BY id LIMIT NULL OFFSET 3;
-- check: results[0].rows == [('Ed',)] and rows == [(4,),(5,)]
-- @Q79 case insensitive functions & spaces
select   iff( count( * ) > 3 , 'Many' , 'Few' ) as Verdict from EMP;
-- check: columns == ['VERDICT'] and rows == [('Many',)]
-- @Q80 default column names
SELECT COUNT(*), SUM(salary), name || '!' FROM emp WHERE id = 1 GROUP BY name;
SELECT 1, 'x', 1+1;
-- check: results[0].columns == ['COUNT(*)','SUM(SALARY)',"NAME || '!'"] and columns == ['1',"'X'",'1+1']
-- @Q81 having without group by, count_if
SELECT COUNT_IF(dept IS NULL) AS n, SUM(IFF(dept = 'eng', 1, 0)) AS e FROM emp HAVING n > 0;
-- check: rows == [(1, 2)]
-- @Q82 values in cte with semi-structured literal
WITH t AS (SELECT column1 AS id, PARSE_JSON(column2) AS j FROM VALUES (1, '{"k":[10,20]}'), (2, '{"k":[]}')) SELECT id, ARRAY_SIZE(j:k) AS n, j:k[1]::INT AS second FROM t ORDER BY 1;
-- check: rows == [(1,2,20),(2,0,None)]
-- @Q83 date spine join
WITH days AS (SELECT DATEADD('day', SEQ4(), '2025-01-01')::DATE AS d FROM TABLE(GENERATOR(ROWCOUNT => 3))) SELECT d, COUNT(e.id) AS n FROM days LEFT JOIN events e ON e.ts::DATE = d GROUP BY d ORDER BY d;
-- check: rows == [(date(2025,1,1),3),(date(2025,1,2),1),(date(2025,1,3),0)]
-- @Q84 match_recognize, one row per match
SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY kind ORDER BY ts MEASURES COUNT(*) AS n PATTERN (a+) DEFINE a AS TRUE);
-- check: sorted(rows) == [('buy',1),('view',3)]
-- @Q85 max in having with window in outer
SELECT dept, n, SUM(n) OVER () AS total FROM (SELECT dept, COUNT(*) AS n FROM emp GROUP BY dept HAVING MAX(salary) >= 60) ORDER BY dept NULLS FIRST;
-- check: rows == [(None,1,5),('eng',2,5),('ops',2,5)]
-- @Q86 semi-structured keys with quotes and spaces
SELECT PARSE_JSON('{"Full Name":{"a.b":1}}'):"Full Name"."a.b"::INT AS a, PARSE_JSON('{"X":1,"x":2}'):x::INT AS b, PARSE_JSON('{"X":1,"x":2}')['X']::INT AS c;
-- check: rows == [(1,2,1)]
-- @Q87 bracket access with expression
SELECT ['a','b','c'][id - 1]::STRING AS x FROM emp WHERE id <= 3 ORDER BY id;
-- check: rows == [('a',),('b',),('c',)]
-- @Q88 split_to_table, strtok_to_array
SELECT s.value, s.index FROM emp, LATERAL SPLIT_TO_TABLE('x;y', ';') s WHERE emp.id = 1 ORDER BY s.index;
SELECT t.value FROM TABLE(STRTOK_SPLIT_TO_TABLE('a b', ' ')) AS t ORDER BY 1;
SELECT STRTOK_TO_ARRAY('a.b', '.') AS a, SPLIT('a,b', ',') AS b;
-- check: results[0].rows == [('x',1),('y',2)] and results[1].rows == [('a',),('b',)] and rows == [(['a','b'],['a','b'])]
-- @Q89 try functions with errors in the projection
SELECT TRY_TO_DECIMAL('3.14159', 10, 2) AS a, TRY_TO_TIME('25:00:00') AS b, TRY_TO_BINARY('zz', 'HEX') AS c, TRY_TO_TIMESTAMP('2025-01-01 10:00:00') AS d;
-- check: near(rows[0][0], 3.14) and rows[0][1] is None and rows[0][2] is None and rows[0][3] == datetime(2025,1,1,10)
-- @Q90 division by zero error, and safe
SELECT 1/0;
SELECT id FROM emp WHERE IFF(id = 1, 0, 1/NULLIF(id - 1, 0)) > 0.4 ORDER BY id;
-- check: results[0].error is not None and 'ivision by zero' in results[0].error.message and rows == [(2,),(3,)]
-- @Q91 unknown column and table errors
SELECT nam FROM emp;
SELECT * FROM empp;
-- check: results[0].error is not None and 'NAM' in results[0].error.message and error is not None and 'EMPP' in error.message
-- @Q92 insert all
CREATE OR REPLACE TABLE hi (id INT); CREATE OR REPLACE TABLE lo (id INT);
INSERT FIRST WHEN salary > 79 THEN INTO hi VALUES (id) ELSE INTO lo (id) VALUES (id) SELECT id, salary FROM emp;
SELECT (SELECT COUNT(*) FROM hi), (SELECT COUNT(*) FROM lo);
-- check: rows == [(2,3)]
-- @Q93 explain
EXPLAIN SELECT * FROM emp WHERE id = 1;
-- check: error is not None and 'EXPLAIN' in error.message and error.hint
-- @Q94 count star variants, distinct on expressions
SELECT COUNT(1) AS a, COUNT(dept) AS b, COUNT(DISTINCT LEFT(name,1)) AS c, APPROX_TOP_K(dept, 1)[0][0]::STRING IN ('eng','ops') AS d, SUM(DISTINCT id) AS e FROM emp;
-- check: rows == [(5,4,5,True,15)]
-- @Q95 nested CTE shadows and alias same as table
WITH emp AS (SELECT * FROM emp WHERE id < 3), n AS (SELECT COUNT(*) AS c FROM emp) SELECT c FROM n;
-- check: rows == [(2,)]
-- @Q96 update with case and subquery, returning counts
CREATE OR REPLACE TABLE emp2 AS SELECT * FROM emp;
UPDATE emp2 SET salary = CASE WHEN salary IS NULL THEN (SELECT AVG(salary) FROM emp) ELSE salary * 1.1 END, dept = COALESCE(dept, 'none') WHERE id >= 4;
SELECT ROUND(SUM(salary), 2), MAX(dept) FROM emp2 WHERE id >= 4;
-- check: results[1].rows == [(2, 0)] and near([float(rows[0][0])], [149.94]) and rows[0][1] == 'ops'
-- @Q97 COMMENT ON is kept, GRANT is refused with a hint
COMMENT ON TABLE emp IS 'people';
GRANT SELECT ON TABLE emp TO ROLE public;
-- check: results[0].error is None and error is not None and error.hint
-- @Q98 binary and bit
SELECT TO_BINARY('41', 'HEX')::VARCHAR AS a, BITSHIFTLEFT(1, 3) AS b, BITOR(1,2) AS c, TO_CHAR(TO_BINARY('hi', 'UTF-8'), 'UTF-8') AS d;
-- check: rows[0][1:] == (8, 3, 'hi')
-- @Q99 current functions
SELECT CURRENT_TIMESTAMP() = CURRENT_TIMESTAMP AS a, CURRENT_DATE - 1 < CURRENT_DATE AS b, GETDATE() IS NOT NULL AS c, CURRENT_TIME() IS NOT NULL AS d, LOCALTIMESTAMP() IS NOT NULL AS e;
-- check: rows == [(True, True, True, True, True)]
-- @Q100 rows of different lengths
SELECT id FROM emp WHERE (dept, mgr) IN (('eng', 1, 2), ('ops', 3));
SELECT id FROM emp WHERE (dept, mgr) = ('eng', 1, 2);
-- check: all(r.error is not None and 'A row of 2 values' in r.error.message for r in results)
