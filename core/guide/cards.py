"""Flash cards: a deck that comes back to what was not known."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Deck:
    """Cards still to be answered (the first is on the table) and those that were known."""

    waiting: tuple[str, ...]
    known: tuple[str, ...] = ()
    revealed: bool = False

    @property
    def card(self) -> str | None:
        """The card on the table; None when all are known."""
        return self.waiting[0] if self.waiting else None

    @property
    def total(self) -> int:
        """How many cards the deck has."""
        return len(self.waiting) + len(self.known)

    def reveal(self) -> "Deck":
        """The deck with the answer turned up."""
        return replace(self, revealed=True)

    def knew(self) -> "Deck":
        """The card goes to the known ones, the next is on the table."""
        return Deck(self.waiting[1:], (*self.known, *self.waiting[:1]))

    def again(self) -> "Deck":
        """The card goes to the back of the deck."""
        return Deck((*self.waiting[1:], *self.waiting[:1]), self.known)


def shuffled(keys: Sequence[str], seed: int) -> Deck:
    """A fresh deck of these cards; the same seed gives the same order."""
    order = list(keys)
    random.Random(seed).shuffle(order)  # noqa: S311  not for secrets
    return Deck(tuple(order))
