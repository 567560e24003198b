"""Functions and operators of other databases, and what Snowflake has for them: told when one of them is used."""

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
