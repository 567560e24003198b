"""A script as statements: semicolons count outside of strings, $$ texts, comments and blocks only."""

import re

_BLOCK = re.compile(r"(DECLARE\b|BEGIN\b(?!\s*(?:TRANSACTION\b|WORK\b|NAME\b|;|$)))", re.IGNORECASE)
_HOLDS_BLOCK = re.compile(
    r"CREATE\s+(?:OR\s+(?:REPLACE|ALTER)\s+)?(?:(?:TEMP|TEMPORARY|SECURE)\s+)*(?:PROCEDURE|TASK|ALERT)\b",
    re.IGNORECASE,
)
_TRANSACTION = re.compile(r"\s*(?:TRANSACTION\b|WORK\b|NAME\b|;|$)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d][\w$]*")
_NO_BLOCK_END = re.compile(r"\s*(?:IF|FOR|WHILE|LOOP|REPEAT)\b", re.IGNORECASE)
_CASE_END = re.compile(r"\s*CASE\b", re.IGNORECASE)


def split_statements(script: str) -> list[str]:
    """The statements of ``script``, without their semicolons; strings, $$ blocks and comments are respected."""
    statements, start, has_code, position, holding = [], 0, False, 0, False
    while position < len(script):
        end = _skip_quoted(script, position)
        if end is not None:
            has_code = has_code or script[position] not in "-/"
            position = end
            continue
        holding = _HOLDS_BLOCK.match(script, position) is not None if not has_code else holding
        inside_word = script[position - 1 : position].isidentifier()
        if not inside_word and (holding or not has_code) and (block := _BLOCK.match(script, position)):
            has_code, position = True, _block_end(script, block.end(), block[1].upper() == "BEGIN")
            continue
        if script[position] == ";":
            if has_code:
                statements.append(script[start:position].strip())
            start, has_code = position + 1, False
        elif not script[position].isspace():
            has_code = True
        position += 1
    if has_code:
        statements.append(script[start:].strip())
    return statements


def holds_block(statement: str) -> bool:
    """Whether the statement is CREATE PROCEDURE, TASK or ALERT, whose body may be a block without quotes."""
    return _HOLDS_BLOCK.match(statement) is not None


def _block_end(script: str, position: int, begun: bool) -> int:
    """Where the block that starts before ``position`` ends: behind the END of its BEGIN, or at the script's end."""
    depth = int(begun)
    while position < len(script):
        end = _skip_quoted(script, position)
        word = _WORD.match(script, position) if end is None else None
        if word is None:
            position = end if end is not None else position + 1
            continue
        position, key = word.end(), word[0].upper()
        if script[word.start() - 1 : word.start()] in (":", "."):
            continue  # a path such as span:end
        begun = begun or key == "BEGIN"
        depth += key == "CASE" or (key == "BEGIN" and not _TRANSACTION.match(script, position))
        if key == "END" and not _NO_BLOCK_END.match(script, position):
            depth -= 1
            if depth == 0 and begun:
                return position
            case = _CASE_END.match(script, position)
            position = case.end() if case else position
    return len(script)


def _skip_quoted(text: str, position: int) -> int | None:
    """The end of the string, quoted name, $$ block or comment that starts at ``position``, if one does."""
    two = text[position : position + 2]
    if two == "$$":
        return _after(text, "$$", position + 2)
    # PUT file://.. is no comment.
    if two == "--" or (two == "//" and text[position - 1 : position] not in (":", "/")):
        return _after(text, "\n", position + 2)
    if two == "/*":
        return _after(text, "*/", position + 2)
    if text[position] == '"':
        return _after(text, '"', position + 1)
    if text[position] == "'":
        match = re.compile(r"(?:[^'\\]|\\.|'')*(?:'|$)", re.DOTALL).match(text, position + 1)
        return match.end() if match else len(text)
    return None


def _after(text: str, mark: str, start: int) -> int:
    found = text.find(mark, start)
    return len(text) if found < 0 else found + len(mark)
