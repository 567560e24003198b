"""What the service needs of a registry; the workspace fulfils it, and so does a small fake in tests."""

from typing import TYPE_CHECKING, Any, Protocol

from core.mlops.schema import InputSchema

if TYPE_CHECKING:
    import pandas as pd


class VersionLike(Protocol):
    """The facts of a registered version that the service reports."""

    @property
    def version(self) -> int:
        """Number of the version."""

    @property
    def model_name(self) -> str:
        """Name of the registered model."""

    @property
    def model_id(self) -> str:
        """Identity of the model files; two versions with the same files share it."""

    @property
    def run_id(self) -> str:
        """Run that trained the model."""

    @property
    def sklearn_version(self) -> str:
        """scikit-learn version that the model was fitted with."""


class ModelSource(Protocol):
    """A registry of fitted binary classifiers; every method may raise HubError."""

    def resolve(self, alias: str) -> VersionLike | None:
        """The version that has this alias now, or None."""

    def load_model(self, version: int) -> Any:
        """The fitted pipeline, after the allow-list and version checks."""

    def input_example(self, version: int) -> "pd.DataFrame":
        """A few rows the model must be able to score."""

    def importance(self, version: int) -> dict[str, float]:
        """How much each column matters to the model, on any scale."""

    def schema(self, version: int) -> InputSchema:
        """The model's input columns and the names of its two answers."""

    def reference_data(self, version: int) -> "pd.DataFrame":
        """The rows the model was trained on."""

    def holdout_data(self, version: int) -> "pd.DataFrame":
        """Rows of the same table that the model was not trained on."""
