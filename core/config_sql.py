"""Settings of the SQL AI Playground."""

from pydantic import BaseModel, ConfigDict, Field


class SqlSettings(BaseModel):
    """Limits and options of the SQL sandbox; the page shows each of them."""

    model_config = ConfigDict(frozen=True)

    time_limit_s: float = Field(
        60.0,
        gt=0,
        description="Seconds a statement may take, model time included; "
        "the first load of a model counts too, but cannot be cut short",
    )
    max_rows: int = Field(10_000, ge=1, description="Rows a result may have; more are cut and marked")
    max_result_bytes: int = Field(32_000_000, ge=1_000, description="Bytes a result may hold")
    max_statement_chars: int = Field(100_000, ge=100, description="Characters a statement may have")
    max_value_bytes: int = Field(2_000_000, ge=1_000, description="Bytes a single value may have")
    max_expression_depth: int = Field(200, ge=10, le=1_000, description="Nesting depth of an expression")
    max_compound_selects: int = Field(100, ge=2, description="SELECTs in one UNION")
    max_recursion_rows: int = Field(200_000, ge=10, description="Rows GENERATOR may produce")
    max_model_inputs: int = Field(
        20_000, ge=1, description="Distinct requests a statement may send to a model"
    )
    max_model_chars: int = Field(
        20_000_000, ge=1_000, description="Characters of distinct requests a statement may send to a model"
    )
    max_rounds: int = Field(64, ge=2, description="Passes before AI functions are evaluated row by row")
    max_tables: int = Field(200, ge=1, description="Tables and views in one session")
    max_table_rows: int = Field(1_000_000, ge=1, description="Rows all tables of a session may hold together")
    max_database_bytes: int = Field(
        256_000_000, ge=1_000_000, description="Bytes a session's database may use"
    )
    max_heap_bytes: int = Field(
        512_000_000,
        ge=50_000_000,
        description="Memory that the tables, sorts and joins of all sessions may take together",
    )
    max_models: int = Field(20, ge=1, description="SNOWFLAKE.ML models in one session")
    max_training_rows: int = Field(50_000, ge=12, description="Rows a SNOWFLAKE.ML model may be trained on")
    memo_entries: int = Field(50_000, ge=0, description="Answers a session remembers across statements")
    kept_results: int = Field(10, ge=1, description="Results that RESULT_SCAN can reach")
    price_per_million_tokens: float | None = Field(
        None, ge=0, description="Price of a million tokens, for the meter; none is shown without it"
    )
    price_as_of: str = Field("", description="Date and source of the price, shown beside it")
