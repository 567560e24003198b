"""What goes wrong in ways a user can act on."""


class HubError(Exception):
    """An error shown to the user: what went wrong (built from the data) and what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def to_dict(self) -> dict[str, str]:
        """The shape every command line prints: ``{"message": ..., "hint": ...}``."""
        return {"message": self.message, "hint": self.hint}


class BadInput(HubError):
    """The input cannot be used: a wrong name, value, file or statement."""


class LimitReached(HubError):
    """A stated limit was hit; the message names the limit and its value."""


class Cancelled(HubError):
    """The user stopped it; nothing is wrong."""


class NotAvailable(HubError):
    """A model, service or package that the request needs is not there."""


class StoreError(HubError):
    """A store is locked, damaged, read-only, or belongs to another version."""
