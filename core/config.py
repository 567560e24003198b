"""Every setting of the hub, in one frozen object."""

from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from core.config_mlops import MlopsSettings
from core.config_rag import RagSettings
from core.config_rates import RateSettings
from core.config_sql import SqlSettings
from core.errors import BadInput

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"


class Settings(BaseSettings):
    """Values from the environment, else the project's ``.env``, else its ``.streamlit/secrets.toml``, else the default.

    A nested value is named with two underscores: ``SQL__TIME_LIMIT_S=5``. An empty value is one that is not
    set: compose files pass on variables that nobody gave.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        env_file=ROOT / ".env",
        env_nested_delimiter="__",
        toml_file=ROOT / ".streamlit" / "secrets.toml",
        extra="ignore",
        hide_input_in_errors=True,
    )

    hub_data_dir: Path = Field(Path(".hub"), description="Folder for every store, cache and upload")
    hub_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Log level")
    hub_warmup: bool = Field(True, description="Load models in the background after the first page")
    hub_admin_token: SecretStr | None = Field(
        None, description="When set, training and every change of the registry need this token"
    )
    hub_repository_url: str | None = Field(
        None, description="Base address of the repository, for links from the Code tabs"
    )
    hub_allow_downloads: bool = Field(False, description="Allow model downloads from the Hugging Face hub")

    otel_exporter_otlp_endpoint: str | None = Field(
        None, description="OpenTelemetry collector, for example http://localhost:4317; actions become spans"
    )
    otel_exporter_otlp_protocol: Literal["grpc", "http/protobuf"] = Field(
        "grpc",
        description="Protocol of the collector; http/protobuf needs the exporter package of that name",
    )
    otel_service_name: str = Field("demo-hub", description="Name of this service in the collector")

    embedding_model: str | None = Field(
        None, description="Model id or folder that replaces the packaged all-MiniLM-L6-v2"
    )
    local_llm: str | None = Field(
        None, description="Model id or folder that replaces the packaged SmolLM2-135M-Instruct"
    )
    model_dtype: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="Number format of the local models; auto picks bfloat16 where the CPU has it"
    )

    llm_base_url: str | None = Field(
        None,
        description="OpenAI-compatible endpoint, for example http://localhost:11434/v1; for Azure OpenAI "
        "https://RESOURCE.openai.azure.com/openai/v1",
    )
    llm_api_key: SecretStr | None = Field(None, description="Key of the endpoint")
    llm_model: str | None = Field(None, description="Model (or Azure deployment) name at the endpoint")
    llm_api_version: str | None = Field(
        None,
        description="Only for Azure OpenAI's older, dated API: its api-version; LLM_BASE_URL is then the resource "
        "without a path, and the key goes out as `api-key`",
    )
    llm_timeout_s: float = Field(
        30.0,
        gt=0,
        description="Seconds without a byte before a call is given up; a whole answer may take ten times as long",
    )
    llm_retries: int = Field(
        2, ge=0, le=10, description="Further tries when the endpoint is busy or does not answer"
    )

    mlflow_tracking_uri: str | None = Field(
        None, description="MLflow server; the default is SQLite in the data folder"
    )
    mlops_root: Path | None = Field(
        None, description="Folder of the MLOps workspace; the default is in the data folder"
    )
    chroma_host: str | None = Field(
        None, description="Chroma server; the default is a folder in the data folder"
    )
    chroma_port: int = Field(8000, ge=1, le=65535, description="Port of the Chroma server")

    sql: SqlSettings = SqlSettings()
    mlops: MlopsSettings = MlopsSettings()
    rag: RagSettings = RagSettings()
    rates: RateSettings = RateSettings()

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, values: dict[str, Any]) -> dict[str, Any]:
        return _without_empty(values)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of precedence; Streamlit's own secrets file comes last."""
        secrets = TomlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, dotenv_settings, secrets

    @property
    def data_dir(self) -> Path:
        """The data folder as an absolute path (relative ones start at the project's root)."""
        return (ROOT / self.hub_data_dir).resolve()

    @property
    def mlops_folder(self) -> Path:
        """Folder of the MLOps workspace, absolute."""
        return (ROOT / self.mlops_root).resolve() if self.mlops_root else self.data_dir / "mlops"


@cache
def settings() -> Settings:
    """The settings of this process, read once; raises BadInput naming every setting that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        raise BadInput(_problems(error), "Correct these in the environment, .env or secrets.toml.") from None


def public_address(address: str) -> str:
    """The address as it may be shown: without a user name and password before its host."""
    scheme, mark, rest = address.rpartition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in values.items() if value != ""}
    return {key: _without_empty(value) if isinstance(value, dict) else value for key, value in given.items()}


def _problems(error: ValidationError) -> str:
    lines = (
        "__".join(str(part) for part in item["loc"]).upper() + ": " + item["msg"] for item in error.errors()
    )
    return "Settings are wrong: " + "; ".join(lines)
