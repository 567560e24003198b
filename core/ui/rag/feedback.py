"""Thumbs that outlive the session: one row an answer, as candidates for the question set."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.config import settings
from core.stores import told_as

if TYPE_CHECKING:
    from core.ui.rag.state import Turn

_LOCK_WAIT_S = 5.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS ratings (
  turn TEXT PRIMARY KEY, rated_at TEXT NOT NULL, up INTEGER NOT NULL, question TEXT NOT NULL,
  answer TEXT NOT NULL, refused INTEGER NOT NULL, settings TEXT NOT NULL
)
"""
_FORGET = """
DELETE FROM ratings WHERE rowid NOT IN (SELECT rowid FROM ratings ORDER BY rowid DESC LIMIT ?)
"""  # the order of arrival: clocks are set back
_MOST_RATINGS = 10_000
_WITHHELD = "(not stored: it rests on a document that a visitor added)"


@dataclass(frozen=True, slots=True)
class Tally:
    """How answers were rated so far, by every visitor of this server."""

    up: int
    down: int


def rate(turn: "Turn", up: bool | None) -> None:
    """Store a thumb for an answer, change it, or take it back (None).

    Question and answer are stored with the settings, unless a visitor's own document is among the
    passages: those documents must vanish with their session, and so do the names in a filter. Raises
    StoreError when the file cannot be written.
    """
    with _ratings() as db:
        if up is None or turn.answer is None:
            db.execute("DELETE FROM ratings WHERE turn = ?", (turn.id,))
            return
        private = any(passage.origin == "upload" for passage in turn.answer.passages)
        question, answer = (_WITHHELD, _WITHHELD) if private else (turn.question, turn.answer.text)
        nameless = replace(turn.settings, only=replace(turn.settings.only, documents=()))
        now, chosen = datetime.now(UTC).isoformat(timespec="seconds"), json.dumps(asdict(nameless))
        db.execute(
            "INSERT OR REPLACE INTO ratings VALUES (?, ?, ?, ?, ?, ?, ?)",
            (turn.id, now, up, question, answer, turn.answer.refused, chosen),
        )
        db.execute(_FORGET, (_MOST_RATINGS,))


def tally() -> Tally:
    """Thumbs up and down so far."""
    with _ratings() as db:
        up, total = db.execute("SELECT coalesce(sum(up), 0), count(*) FROM ratings").fetchone()
        return Tally(int(up), int(total - up))


def path() -> Path:
    """The file of the ratings."""
    return settings().data_dir / "rag" / "ratings.sqlite"


@contextmanager
def _ratings() -> Iterator[sqlite3.Connection]:
    with told_as("The file of ratings", f"Move {path().name} away; a new one is made at the next rating."):
        path().parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path(), timeout=_LOCK_WAIT_S)) as db, db:
            db.execute(_SCHEMA)
            yield db
