"""Functions that are not here, those of other databases among them, and what to write: told when one is used."""

from sqlglot import exp

FOREIGN = {
    "ISNULL": "IFNULL(a, b), or a IS NULL", "NOW": "CURRENT_TIMESTAMP()",
    "CURDATE": "CURRENT_DATE()", "GETUTCDATE": "SYSDATE()", "DATE_ADD": "DATEADD(day, 1, d)",
    "DATE_SUB": "DATEADD(day, -1, d)", "DATE_DIFF": "DATEDIFF(day, a, b)", "DATE_FORMAT": "TO_CHAR(d, 'YYYY-MM-DD')",
    "STRFTIME": "TO_CHAR(d, 'YYYY-MM-DD')", "STR_TO_DATE": "TO_DATE(s, 'YYYY-MM-DD')", "ISDATE": "TRY_TO_DATE(s)",
    "GROUP_CONCAT": "LISTAGG(s, ', ')", "INSTR": "CHARINDEX(part, s)", "STRPOS": "CHARINDEX(part, s)",
    "LOCATE": "CHARINDEX(part, s)", "STRING_SPLIT": "SPLIT(s, ',')", "STRING_TO_ARRAY": "SPLIT(s, ',')",
    "ARRAY_LENGTH": "ARRAY_SIZE(a)", "CARDINALITY": "ARRAY_SIZE(a)", "ARRAY_JOIN": "ARRAY_TO_STRING(a, ',')",
    "ARRAY_UNION": "ARRAY_DISTINCT(ARRAY_CAT(a, b))", "UNNEST": "FROM t, LATERAL FLATTEN(t.a)",
    "EXPLODE": "FROM t, LATERAL FLATTEN(t.a)", "SAFE_CAST": "TRY_CAST(s AS NUMBER)", "LOG10": "LOG(10, x)",
    "LOG2": "LOG(2, x)", "RAND": "RANDOM()", "SAFE_DIVIDE": "DIV0NULL(a, b)", "COUNTIF": "COUNT_IF(condition)",
    "JSON_EXTRACT": "v:name, or GET_PATH(v, 'name')", "JSON_VALUE": "v:name::STRING", "JSON_QUERY": "v:name",
    "REGEXP_MATCHES": "REGEXP_LIKE(s, pattern)", "REGEXP_EXTRACT": "REGEXP_SUBSTR(s, pattern)",
    "PERCENTILE": "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY x)", "TO_JSON_STRING": "TO_JSON(v)",
}  # fmt: skip

# Functions of Snowflake's that are not here, and what serves instead.
ABSENT = {
    **dict.fromkeys(("PARSE_XML", "CHECK_XML", "XMLGET", "TO_XML"), "PARSE_JSON(s): the sandbox reads JSON only"),
    **dict.fromkeys(("COMPRESS", "DECOMPRESS_BINARY", "DECOMPRESS_STRING"), "the text itself"),
    **dict.fromkeys(("MD5_NUMBER_LOWER64", "MD5_NUMBER_UPPER64"), "MD5(s), or HASH(s) for a number"),
    **dict.fromkeys(("SEARCH", "SEARCH_IP"), "CONTAINS(LOWER(s), 'word'), or AI_FILTER(..)"),
    **dict.fromkeys(
        ("HLL_ACCUMULATE", "HLL_COMBINE", "HLL_ESTIMATE", "HLL_EXPORT", "HLL_IMPORT"), "APPROX_COUNT_DISTINCT(x)"
    ),
    **dict.fromkeys(
        ("APPROX_PERCENTILE_ACCUMULATE", "APPROX_PERCENTILE_COMBINE", "APPROX_PERCENTILE_ESTIMATE"),
        "APPROX_PERCENTILE(x, 0.5)",
    ),
    **dict.fromkeys(
        ("APPROX_TOP_K_ACCUMULATE", "APPROX_TOP_K_COMBINE", "APPROX_TOP_K_ESTIMATE"), "APPROX_TOP_K(x, 10)"
    ),
    **dict.fromkeys(
        ("MINHASH", "MINHASH_COMBINE", "APPROXIMATE_SIMILARITY", "APPROXIMATE_JACCARD_INDEX"),
        "ARRAY_INTERSECTION(a, b), and divide the sizes",
    ),
    "ZIPF": "UNIFORM(1, 10, RANDOM())", "SOUNDEX_P123": "SOUNDEX(s)",
    **dict.fromkeys(("CURRENT_STATEMENT", "CURRENT_TRANSACTION"), "LAST_QUERY_ID()"),
    **dict.fromkeys(("IS_ROLE_IN_SESSION", "INVOKER_ROLE", "INVOKER_SHARE"), "CURRENT_ROLE(): there is one role"),
}  # fmt: skip

OPERATORS: dict[type[exp.Expression], tuple[str, str]] = {
    exp.BitwiseAnd: ("The operator &", "BITAND(a, b)"),
    exp.BitwiseOr: ("The operator |", "BITOR(a, b)"),
    exp.BitwiseXor: ("The operator ^", "BITXOR(a, b), or POWER(a, b)"),
    exp.BitwiseNot: ("The operator ~", "BITNOT(a)"),
    exp.BitwiseLeftShift: ("The operator <<", "BITSHIFTLEFT(a, n)"),
    exp.BitwiseRightShift: ("The operator >>", "BITSHIFTRIGHT(a, n)"),
    exp.IntDiv: ("The operator DIV", "FLOOR(a / b)"),
    exp.SimilarTo: ("SIMILAR TO", "s RLIKE pattern"),
    exp.AtTimeZone: ("AT TIME ZONE", "CONVERT_TIMEZONE('UTC', t)"),
    exp.Filter: (
        "FILTER (WHERE ..) behind an aggregate",
        "SUM(IFF(condition, x, NULL)), or COUNT_IF(condition)",
    ),
    exp.Interval: ("An INTERVAL that is added to nothing", "date + INTERVAL '1 day'"),
    exp.Tuple: ("A list in brackets as a value", "[1, 2] for an array"),
}
