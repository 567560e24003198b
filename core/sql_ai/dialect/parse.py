"""From text to sqlglot's tree of Snowflake SQL, with every function under the name the user wrote."""

import logging
import re
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, ClassVar, TypeVar

from sqlglot import exp
from sqlglot.dialects.snowflake import Snowflake
from sqlglot.errors import SqlglotError
from sqlglot.parsers.snowflake import SnowflakeParser
from sqlglot.tokenizer_core import Token, TokenType

from core.errors import BadInput
from core.sql_ai.dialect import brackets, hierarchies
from core.sql_ai.dialect.checks import check_tokens, too_deep
from core.sql_ai.dialect.pieces import expression
from core.sql_ai.dialect.type_literals import replace_types

_QUALIFIED = re.compile(r'(?:"[^"]+"|[A-Za-z_][\w$]*)(?:\.(?:"[^"]+"|[A-Za-z_][\w$]*)){0,3}')
_KEPT_PARSERS = ("CAST", "TRY_CAST", "EXTRACT", "POSITION", "TRIM")
_LIST_ENDS = frozenset(
    {
        TokenType.FROM,
        TokenType.WHERE,
        TokenType.GROUP_BY,
        TokenType.HAVING,
        TokenType.QUALIFY,
        TokenType.ORDER_BY,
        TokenType.LIMIT,
        TokenType.UNION,
        TokenType.EXCEPT,
        TokenType.INTERSECT,
        TokenType.FETCH,
        TokenType.SEMICOLON,
    }
)
# How sqlglot's messages show its own objects.
_TOKEN = re.compile(r"<Token token_type: TokenType\.(\w+), text: (.*?), line: \d+.*?>")
_MISSING = re.compile(r"Required keyword: '\w+' missing for <class '[\w.]*\.(\w+)'>")
# The clauses of a query whose order Snowflake fixes.
_CLAUSE_ORDER = {
    TokenType.WHERE: 1,
    TokenType.GROUP_BY: 2,
    TokenType.HAVING: 3,
    TokenType.QUALIFY: 4,
    TokenType.ORDER_BY: 5,
    TokenType.LIMIT: 6,
    TokenType.OFFSET: 6,
    TokenType.FETCH: 6,
}
DRAWN_MARK = "drawn"  # the key under which what draws numbers keeps its mark
WRITTEN = "written"  # the key under which an item of a SELECT list keeps its text
_marks = count()
T = TypeVar("T")


def _in_order(parser: Callable[[Any], tuple[str, Any]]) -> Callable[[Any], tuple[str, Any]]:
    return lambda reader: reader._parse_clause(parser)


def _as_name(before: Token | None, token: Token) -> Token:
    """The token, or a name where LIMIT or OFFSET can be no clause."""
    if token.token_type not in (TokenType.LIMIT, TokenType.OFFSET) or before is None:
        return token
    if before.token_type not in (TokenType.GROUP_BY, TokenType.ORDER_BY, TokenType.COMMA):
        return token
    return Token(TokenType.VAR, token.text, token.line, token.col, token.start, token.end, token.comments)


class Dialect(Snowflake):
    """Snowflake, but with functions left as the user wrote them.

    sqlglot's own function builders reorder arguments and merge functions that differ in detail; the
    compiler needs the name and the arguments as they stand.
    """

    class Parser(SnowflakeParser):
        """Snowflake's grammar without its function rewriting."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser for name, parser in SnowflakeParser.FUNCTION_PARSERS.items() if name in _KEPT_PARSERS
        }

        QUERY_MODIFIER_PARSERS: ClassVar[dict[TokenType, Any]] = {
            **SnowflakeParser.QUERY_MODIFIER_PARSERS,
            **{kind: _in_order(SnowflakeParser.QUERY_MODIFIER_PARSERS[kind]) for kind in _CLAUSE_ORDER},
        }
        _clauses: tuple[Token | None, ...] = ()  # the last clause read of each open query

        def parse(self, raw_tokens: list[Token], sql: str) -> list[exp.Expr | None]:
            """The trees of the statements; ``GROUP BY offset`` and ``a, limit`` name columns."""
            return super().parse([*map(_as_name, [None, *raw_tokens], raw_tokens)], sql)

        def _parse_csv(
            self, parse_method: Callable[[], T | None], sep: TokenType = TokenType.COMMA
        ) -> list[T]:
            return self._items(parse_method, sep)

        def _parse_join(self, *args: Any, **options: Any) -> exp.Join | None:
            comma = self._curr if self._match(TokenType.COMMA, advance=False) else None
            join = super()._parse_join(*args, **options)
            if comma is not None and join is None:
                self.raise_error("A comma has no table behind it", comma)
            return self._complete(join, TokenType.ON)

        def _parse_query_modifiers(self, this: Any) -> Any:
            self._clauses = (*self._clauses, None)
            found = super()._parse_query_modifiers(this)
            self._clauses = self._clauses[:-1]
            return found

        def _parse_clause(self, parser: Callable[[Any], tuple[str, Any]]) -> tuple[str, Any]:
            """A clause of a query, refused behind one that it must precede: sqlglot takes them in any order."""
            token, before = self._curr, self._clauses[-1]
            key, found = parser(self)
            if found:
                if before is not None and _CLAUSE_ORDER[token.token_type] < _CLAUSE_ORDER[before.token_type]:
                    self.raise_error(f"{token.text.upper()} stands behind {before.text.upper()}", token)
                self._clauses = (*self._clauses[:-1], token)
            return key, found

        # sqlglot reads the next nine as if what is missing behind the word were not wanted.

        def _parse_alias(self, this: exp.Expr | None, explicit: bool = False) -> exp.Expr | None:
            return self._complete(super()._parse_alias(this, explicit), TokenType.ALIAS)

        def _parse_group(self, *args: Any, **options: Any) -> exp.Group | None:
            return self._complete(super()._parse_group(*args, **options), TokenType.GROUP_BY)

        def _parse_table_alias(self, *args: Any, **options: Any) -> exp.TableAlias | None:
            return self._complete(super()._parse_table_alias(*args, **options), TokenType.ALIAS)

        def _parse_partition_by(self) -> list[exp.Expr]:
            return self._complete(super()._parse_partition_by(), TokenType.PARTITION_BY)

        def _parse_window(self, this: exp.Expr | None, alias: bool = False) -> exp.Expr | None:
            return self._complete(super()._parse_window(this, alias), TokenType.OVER)

        def _parse_colon_as_variant_extract(self, this: exp.Expr | None) -> exp.Expr | None:
            return self._complete(super()._parse_colon_as_variant_extract(this), TokenType.COLON)

        def _parse_in(self, this: exp.Expr | None, alias: bool = False) -> exp.In:
            found = super()._parse_in(this, alias)
            if not any(found.args.get(key) for key in ("query", "expressions", "field", "unnest")):
                self.raise_error("IN has no values", self._prev)
            return found

        def _parse_is(self, this: exp.Expr | None) -> exp.Expr | None:
            found = super()._parse_is(this)
            if found is None:
                self.raise_error("IS has nothing behind it", self._prev)
            return found

        def _parse_between(self, this: exp.Expr | None) -> exp.Between:
            low = self._parse_bitwise()
            if not self._match(TokenType.AND):
                self.raise_error("BETWEEN has no AND")
            return self.expression(exp.Between(this=this, low=low, high=self._parse_bitwise()))

        def _complete(self, found: T, word: TokenType) -> T:
            """What was read, which must not end with ``word``."""
            if self._prev.token_type is word:
                self.raise_error(f"{self._prev.text.upper()} has nothing behind it", self._prev)
            return found

        def _parse_projections(self) -> tuple[list[exp.Expr], list[exp.Expr] | None]:
            return self._items(self._parse_projection, TokenType.COMMA, TokenType.FROM), None

        def _parse_projection(self) -> exp.Expr | None:
            """An item of a SELECT list that knows its text, which names the column without an alias."""
            start = self._curr
            item = self._parse_expression()
            if item is not None and start is not None:
                item.meta[WRITTEN] = self._find_sql(start, self._prev).upper()
            return item

        def _items(
            self, parse_method: Callable[[], T | None], sep: TokenType, behind: TokenType | None = None
        ) -> list[T]:
            """The items of a list, none of which may be missing; a last separator may only stand before ``behind``.

            sqlglot reads ``a,,b`` and ``(a,)`` as lists without the empty places.
            """
            items: list[T] = []
            separated = False
            while True:
                item = parse_method()
                if item is not None:
                    items.append(item)
                follows = bool(self._match(sep))
                if item is None and (follows or (separated and not self._stands_before(behind))):
                    self.raise_error("Nothing stands on one side of a comma", self._prev)
                if not follows:
                    return items
                separated = True

        def _stands_before(self, kind: TokenType | None) -> bool:
            return kind is not None and bool(self._match(kind, advance=False))


def parse(sql: str, max_depth: int) -> exp.Expression:
    """The tree of exactly one statement, identifiers in the case Snowflake gives them.

    Raises BadInput for text that is no statement or more than one, LimitReached for deep nesting.
    """
    tokens = tokenize(sql)
    check_tokens(sql, tokens, max_depth)
    _silence_fallback_warnings()
    try:
        written = hierarchies.as_calls(sql, tokens)
        tokens = tokens if written is sql else tokenize(written)
        trees = [tree for tree in Dialect().parse(replace_types(written, tokens)) if tree is not None]
    except SqlglotError as error:
        raise BadInput(_syntax_message(error), "Check the statement near that place.") from None
    except RecursionError:
        raise too_deep(max_depth) from None
    except (AttributeError, TypeError, LookupError, ValueError, AssertionError):
        # sqlglot's parser trips over some malformed statements instead of reporting them.
        raise BadInput(
            "Syntax error: the statement cannot be read", "Check brackets, commas and quotes."
        ) from None
    if len(trees) != 1:
        raise BadInput(
            f"Expected one statement, found {len(trees)}",
            "run_script takes several, separated by semicolons.",
        )
    return _mark_drawn(_fold_names(expression(trees[0])))


def _mark_drawn(tree: exp.Expression) -> exp.Expression:
    """Give what draws numbers a mark that its copies share: an alias or a CASE's subject is drawn once a row.

    A call of any name may be one of a user's function that draws.
    """
    for node in tree.find_all(exp.Anonymous, exp.Column):
        if isinstance(node, exp.Anonymous) or node.name == "NEXTVAL":
            node.meta[DRAWN_MARK] = next(_marks)
    return tree


def tokenize(sql: str) -> list[Token]:
    """The tokens of ``sql``; raises BadInput for an unfinished string or comment."""
    if "\0" in sql:
        raise BadInput("The statement contains a NUL character", "Remove it.")
    try:
        return Dialect().tokenize(sql)
    except (SqlglotError, ValueError) as error:
        raise BadInput(_syntax_message(error), "Look for an unfinished string or comment.") from None


def projection_texts(sql: str) -> list[str]:
    """The text of each item in the outermost SELECT list, upper case: the names Snowflake gives them."""
    tokens = tokenize(sql)
    start = _first_select(tokens)
    if start is None:
        return []
    items: list[str] = []
    depth, first = 0, start
    for index in range(start, len(tokens) + 1):
        token = tokens[index] if index < len(tokens) else None
        ended = token is None or (depth == 0 and (token.token_type in _LIST_ENDS or brackets.step(token) < 0))
        if ended or (token is not None and depth == 0 and token.token_type is TokenType.COMMA):
            if first < index:
                items.append(sql[tokens[first].start : tokens[index - 1].end + 1].upper())
            first = index + 1
        if ended or token is None:
            break
        depth += brackets.step(token)
    return items


def replace_identifiers(sql: str, variables: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """``sql`` with each ``IDENTIFIER('a.b')``, ``IDENTIFIER($x)`` and ``IDENTIFIER(:x)`` replaced by the name."""
    if "identifier" not in sql.lower():
        return sql
    tokens = tokenize(sql)
    given = {key.upper(): value for key, value in values.items()}
    pieces, position = [], 0
    for index, token in enumerate(tokens):
        if token.text.upper() != "IDENTIFIER" or token.token_type is TokenType.IDENTIFIER:
            continue
        close = next(
            (i for i in range(index, len(tokens)) if tokens[i].token_type is TokenType.R_PAREN), None
        )
        if close is None or close < index + 3 or tokens[index + 1].token_type is not TokenType.L_PAREN:
            continue
        inside = sql[tokens[index + 2].start : tokens[close - 1].end + 1].strip()
        if tokens[index + 2].token_type is TokenType.STRING and close == index + 3:
            name = tokens[index + 2].text
        elif inside[:1] in "$:" and inside[1:].isidentifier():
            name = _named_value(inside, variables if inside[0] == "$" else given)
        else:
            continue
        if not _QUALIFIED.fullmatch(name):
            raise BadInput(
                f"IDENTIFIER('{name[:60]}') is not a name", "Write a name such as db.schema.table."
            )
        pieces += [sql[position : token.start], name]
        position = tokens[close].end + 1
    return "".join([*pieces, sql[position:]])


def _named_value(written: str, known: Mapping[str, Any]) -> str:
    if written[1:].upper() not in known:
        raise BadInput(f"{written} has no value", "SET the session variable, or fill in the parameter.")
    return str(known[written[1:].upper()])


def without_comments(sql: str) -> str:
    """``sql`` from its first token to its last."""
    tokens = tokenize(sql)
    return sql[tokens[0].start : tokens[-1].end + 1] if tokens else ""


def _fold_names(tree: exp.Expression) -> exp.Expression:
    """Unquoted identifiers in upper case, as Snowflake stores them."""
    for identifier in tree.find_all(exp.Identifier):
        if not identifier.args.get("quoted"):
            identifier.set(
                "this", identifier.this.upper() if not _is_object_key(identifier) else identifier.this
            )
            identifier.set("quoted", True)
    return tree


def folded(written: str) -> str:
    """One identifier, as written, in the case Snowflake gives it."""
    return written[1:-1] if written.startswith('"') else written.upper()


def folded_token(token: Token) -> str:
    """The name that a token of `tokenize` stands for, in the case Snowflake gives it."""
    return token.text if token.token_type is TokenType.IDENTIFIER else token.text.upper()


def _is_object_key(identifier: exp.Identifier) -> bool:
    """``{'a': 1}`` and ``f(x).a``: sqlglot keeps the key 'a' as an identifier, but its case matters."""
    holder = identifier.parent
    if isinstance(holder, exp.Dot) and identifier.arg_key == "expression":
        return not _is_name(holder.this)
    return isinstance(holder, exp.PropertyEQ) and identifier.arg_key == "this"


def _is_name(node: exp.Expression) -> bool:
    """Whether the node is a name such as ``db.schema``, not a value that has elements."""
    if isinstance(node, exp.Dot):
        return _is_name(node.this) and _is_name(node.expression)
    return isinstance(node, exp.Identifier)


def _first_select(tokens: list[Token]) -> int | None:
    depth = 0
    for index, token in enumerate(tokens):
        depth += brackets.step(token)
        if depth == 0 and token.token_type is TokenType.SELECT:
            following = index + 1
            if following < len(tokens) and tokens[following].token_type in (
                TokenType.DISTINCT,
                TokenType.ALL,
            ):
                following += 1
            if following < len(tokens) and tokens[following].text.upper() == "TOP":
                following += 2
            return following
    return None


def parse_call(text: str, max_depth: int) -> exp.Expression | None:
    """What CALL calls, None when that is not one value; raises BadInput for a clause behind it."""
    tree = parse(f"SELECT {text}", max_depth)
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1:
        return None
    behind = [key.strip("_").upper() for key, value in tree.args.items() if value and key != "expressions"]
    if behind:
        raise BadInput(
            f"CALL takes no {behind[0]}",
            "Write SELECT .. FROM TABLE(RESULT_SCAN(LAST_QUERY_ID())) behind it, or CALL .. INTO :x in a block.",
        )
    return tree.expressions[0]


def _silence_fallback_warnings() -> None:
    logging.getLogger("sqlglot").setLevel(logging.ERROR)


def _syntax_message(error: Exception) -> str:
    text = re.sub(r"\x1b\[\d*m", "", str(error)).strip()
    first = text.splitlines()[0] if text else "unreadable"
    first = _TOKEN.sub(lambda token: token[2] if token[1] != "SENTINEL" else "the end", first)
    first = _MISSING.sub(lambda part: f"{part[1].upper()} is not complete", first)
    return f"Syntax error: {first.rstrip('.')[:200]}"
