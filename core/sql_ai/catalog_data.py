"""The data of the catalogue. Facts from docs.snowflake.com, docs.databricks.com and cloud.google.com, in own words."""
# ruff: noqa: E501
# Its tables read best with one entry a line.

from core.sql_ai.catalog import FunctionSpec, Parameter

_DOCS = "https://docs.snowflake.com/en/sql-reference/functions/"
_RED = Parameter(
    "RETURN_ERROR_DETAILS", "boolean", meaning="TRUE gives an object with value and error, one of them NULL"
)
_EMBEDDER = "all-MiniLM-L6-v2 embeddings on this machine"
_WRITER = "the configured endpoint, else SmolLM2-135M on this machine"
_ROW_NULL = "a row that fails is NULL, the query goes on"
_NULL_IN = "NULL in, NULL out, without a model call"


def _p(name: str, accepts: str, required: bool = False, meaning: str = "") -> Parameter:
    return Parameter(name, accepts, required, meaning)


_COMPLETE_PARAMETERS = (
    _p("MODEL", "text", True, "a model name; every known name is answered by the model of this machine"),
    _p(
        "PROMPT",
        "text object array",
        True,
        "text, PROMPT('.. {0}', value), or a history of {'role', 'content'}",
    ),
    _p("MODEL_PARAMETERS", "object", meaning="temperature, top_p, max_tokens, guardrails"),
    _p("RESPONSE_FORMAT", "object", meaning="a JSON schema or TYPE OBJECT(..)"),
    _p("SHOW_DETAILS", "boolean", meaning="TRUE gives choices, usage and model"),
    _RED,
)

FUNCTIONS: tuple[FunctionSpec, ...] = (
    FunctionSpec(
        "AI_SENTIMENT", "AI function", "The mood of a text, overall and for up to ten aspects.",
        ("AI_SENTIMENT(text [, categories] [, return_error_details])",),
        (_p("TEXT", "text", True), _p("CATEGORIES", "array", meaning="at most 10 aspects of at most 30 characters"), _RED),
        'OBJECT {"categories": [{"name": "overall", "sentiment": ".."}, ..]}; overall first, the rest by name',
        _NULL_IN, "more than 10 categories, or one longer than 30 characters; " + _ROW_NULL, "null",
        "lexicons and embeddings, combined and calibrated",
        "SELECT AI_SENTIMENT('Fast delivery, but the lamp broke', ['delivery', 'quality']) AS mood;",
        _DOCS + "ai_sentiment", "ai_analyze_sentiment(text)", "-", provider="AI_SENTIMENT",
    ),
    FunctionSpec(
        "AI_CLASSIFY", "AI function", "Which of the given categories a text belongs to.",
        ("AI_CLASSIFY(input, categories [, config] [, return_error_details])",),
        (
            _p("INPUT", "text object", True), _p("LIST_OF_CATEGORIES", "array", True, "at least 2 texts, or objects {'label', 'description'}"),
            _p("CONFIG_OBJECT", "object", meaning="task_description, output_mode 'single' or 'multi', examples. A task that asks for complaints or for praise keeps the clauses of that mood; other tasks change nothing here"), _RED,
        ),
        'OBJECT {"labels": [".."]}; exactly one element in single mode',
        _NULL_IN, "fewer than two different categories, mixed kinds, NULL for a skipped argument; " + _ROW_NULL, "null",
        _EMBEDDER, "SELECT AI_CLASSIFY('The parcel never came', ['delivery', 'quality', 'price']):labels[0]::STRING AS topic;",
        _DOCS + "ai_classify", "ai_classify(text, ARRAY(..))", "AI.CLASSIFY(input, categories)", provider="AI_CLASSIFY",
        strict_placeholders=True,
    ),
    FunctionSpec(
        "AI_FILTER", "AI function", "Whether a statement about a text holds; for SELECT, WHERE and JOIN .. ON.",
        ("AI_FILTER(predicate [, return_error_details])", "AI_FILTER(PROMPT(template, ..) [, return_error_details])"),
        (_p("INPUT", "text object", True), _RED), "BOOLEAN", "NULL in, NULL out (undocumented by Snowflake)",
        "a claim that no local model can decide; " + _ROW_NULL, "null", _EMBEDDER,
        "SELECT AI_FILTER('This is a complaint: the lamp arrived broken') AS complaint;",
        _DOCS + "ai_filter", "-", "AI.IF(prompt)", provider="AI_FILTER",
    ),
    FunctionSpec(
        "AI_SIMILARITY", "AI function", "How alike two texts are in meaning.",
        ("AI_SIMILARITY(input1, input2 [, config])",),
        (_p("INPUT1", "text vector array", True), _p("INPUT2", "text vector array", True), _p("CONFIG_OBJECT", "object", meaning="{'model': ..}")),
        "FLOAT from -1 to 1", _NULL_IN, "one text and one vector", "raise", _EMBEDDER,
        "SELECT AI_SIMILARITY('it arrived broken', 'damaged on delivery') AS similarity;",
        _DOCS + "ai_similarity", "ai_similarity(a, b), 0 to 1", "AI.SIMILARITY(a, b, endpoint => ..)", provider="AI_SIMILARITY",
    ),
    FunctionSpec(
        "AI_EMBED", "AI function", "A text as a vector.", ("AI_EMBED(model, input)",),
        (_p("MODEL", "text", True, "768: snowflake-arctic-embed-m, -m-v1.5, e5-base-v2; 1024: snowflake-arctic-embed-l-v2.0, voyage-multilingual-2, nv-embed-qa-4"), _p("INPUT", "text", True)),
        "VECTOR(FLOAT, 768) or VECTOR(FLOAT, 1024)", _NULL_IN, "an unknown model fails the query", "raise",
        _EMBEDDER + ", padded with zeros to the documented dimension",
        "SELECT VECTOR_COSINE_SIMILARITY(AI_EMBED('snowflake-arctic-embed-m', 'refund'), AI_EMBED('snowflake-arctic-embed-m', 'money back')) AS c;",
        _DOCS + "ai_embed", "ai_query(endpoint, ..)", "AI.EMBED(..)", provider="AI_EMBED",
    ),
    FunctionSpec(
        "AI_EXTRACT", "AI function", "Named values out of a text.",
        ("AI_EXTRACT(text, responseFormat)", "AI_EXTRACT(text => .., responseFormat => .. [, scores => TRUE])"),
        (_p("TEXT", "text", True), _p("RESPONSEFORMAT", "object array text", True, "{'key': 'question'}, ['question'], [['key', 'question']] or a JSON schema"), _p("SCORES", "boolean"), _p("CONFIG", "object")),
        'OBJECT {"error": null, "response": {..} [, "scoring": ..]}', _NULL_IN,
        "more than 100 questions, an unreadable format: the answer's own error field", "own", "patterns and embeddings",
        "SELECT AI_EXTRACT('Please refund order 8812', {'order': 'Which order number?'}) AS found;",
        _DOCS + "ai_extract", "ai_extract(text, ARRAY(..))", "AI.GENERATE_TABLE(..)", provider="AI_EXTRACT",
    ),
    FunctionSpec(
        "AI_COMPLETE", "AI function", "An answer to a prompt, as text or as an object of a given shape.",
        ("AI_COMPLETE(model, prompt [, model_parameters, response_format, show_details, return_error_details])", "AI_COMPLETE(model => .., prompt => .., ..)"),
        _COMPLETE_PARAMETERS, "VARCHAR; OBJECT with response_format; OBJECT with choices and usage with show_details", _NULL_IN,
        "an unknown model, wrong options, an unreadable format; " + _ROW_NULL, "null", _WRITER,
        "SELECT AI_COMPLETE('demo-small', 'Name one colour.', {'max_tokens': 8}) AS answer;",
        _DOCS + "ai_complete", "ai_gen(prompt), ai_query(endpoint, ..)", "AI.GENERATE(..)", provider="AI_COMPLETE",
    ),
    FunctionSpec(
        "AI_SUMMARIZE", "AI function", "A shorter text with the main points.", ("AI_SUMMARIZE(text [, return_error_details => TRUE])",),
        (_p("INPUT", "text", True), _RED), "VARCHAR; the text itself up to 110 characters or when a summary would be longer",
        _NULL_IN, _ROW_NULL, "null", "its most central sentences, by embeddings",
        "SELECT AI_SUMMARIZE('The app closes when I pay. It worked last week. I tried two cards, and both of them fail at the very last step.') AS gist;",
        _DOCS + "ai_summarize", "ai_summarize(text [, max_words])", "AI.GENERATE_TEXT(..)", provider="AI_SUMMARIZE",
    ),
    FunctionSpec(
        "AI_TRANSLATE", "AI function", "A text in another language.", ("AI_TRANSLATE(text, source_language, target_language [, return_error_details])",),
        (_p("TEXT", "text", True), _p("SOURCE_LANGUAGE", "text", True, "'' detects it"), _p("TARGET_LANGUAGE", "text", True), _RED),
        "VARCHAR", _NULL_IN, "an unknown language code; without a configured endpoint every row fails; " + _ROW_NULL, "null",
        "the configured endpoint only: no local model translates well enough",
        "SELECT AI_TRANSLATE('Bonjour', 'fr', 'en', TRUE) AS answer;",
        _DOCS + "ai_translate", "ai_translate(text, language)", "AI.GENERATE(..)", provider="AI_TRANSLATE",
    ),
    FunctionSpec(
        "AI_REDACT", "AI function", "A text with personal data replaced by [NAME], [EMAIL], ..",
        ("AI_REDACT(input [, categories] [, return_error_details] [, mode])",),
        (_p("INPUT", "text", True), _p("CATEGORIES", "array", meaning="NAME EMAIL PHONE_NUMBER DATE_OF_BIRTH GENDER AGE ADDRESS NATIONAL_ID PASSPORT TAX_IDENTIFIER PAYMENT_CARD_DATA DRIVERS_LICENSE IP_ADDRESS"), _RED, _p("MODE", "text", meaning="'redact' or 'detect'")),
        'VARCHAR; mode detect: OBJECT {"spans": [{"category", "start", "end", "text"}]}', _NULL_IN,
        "an unknown category; any failing row fails the query unless AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR is FALSE", "redact",
        "validated patterns, and names by lists and context",
        "SELECT AI_REDACT('I am Dana Reeve, dana@example.org') AS clean;",
        _DOCS + "ai_redact", "ai_mask(text, ARRAY(..))", "-", provider="AI_REDACT", strict_placeholders=True,
    ),
    FunctionSpec(
        "AI_AGG", "AI function", "One answer about all texts of a group.", ("AI_AGG(expr, instruction)",),
        (_p("EXPR", "text", True), _p("INSTRUCTION", "text", True)), "VARCHAR", "NULLs are left out; a group without texts is NULL", "none",
        "raise", "the sentences of the group nearest to the instruction, by embeddings",
        "SELECT AI_AGG(column1, 'List the complaints') AS complaints FROM VALUES ('The lamp broke.'), ('It came late.');",
        _DOCS + "ai_agg", "-", "AI.AGG(..)", provider="AI_AGG", aggregate=True,
    ),
    FunctionSpec(
        "AI_SUMMARIZE_AGG", "AI function", "A summary of all texts of a group.", ("AI_SUMMARIZE_AGG(expr)",),
        (_p("EXPR", "text", True),), "VARCHAR", "NULLs are left out; a group without texts is NULL", "none", "raise",
        "the group's most central sentences, by embeddings",
        "SELECT AI_SUMMARIZE_AGG(column1) AS gist FROM VALUES ('The lamp broke.'), ('It came late.');",
        _DOCS + "ai_summarize_agg", "-", "-", provider="AI_SUMMARIZE_AGG", aggregate=True,
    ),
    FunctionSpec(
        "AI_COUNT_TOKENS", "helper", "How many input tokens a call would be billed for; free.",
        ("AI_COUNT_TOKENS('ai_function', text [, options])", "AI_COUNT_TOKENS('ai_complete', model, text)"),
        (_p("FUNCTION_NAME", "text", True), _p("ARGUMENT1", "any", True), _p("ARGUMENT2", "any"), _p("ARGUMENT3", "any"), _p("ARGUMENT4", "any"), _RED),
        "INTEGER, the prompt that Snowflake adds included", _NULL_IN, "an unknown function is NULL; a positional return_error_details is NULL",
        "null", "none: about four characters a token", "SELECT AI_COUNT_TOKENS('ai_sentiment', 'The lamp is lovely.') AS tokens;",
        _DOCS + "ai_count_tokens",
    ),
    FunctionSpec(
        "PROMPT", "helper", "A template and its values, for AI_COMPLETE, AI_FILTER and AI_CLASSIFY.", ("PROMPT('template {0} {1}', value, value)",),
        (_p("TEMPLATE", "text", True), *(_p(f"ARGUMENT{i}", "any") for i in range(20))), 'OBJECT {"args": [..], "template": ".."}',
        "a NULL value makes the call that uses it NULL", "a placeholder without a value", "raise", "none",
        "SELECT AI_FILTER(PROMPT('Does {0} mention money?', 'Please refund me')) AS money;", _DOCS + "prompt",
    ),
    FunctionSpec(
        "CORTEX.SPLIT_TEXT_RECURSIVE_CHARACTER", "helper", "A text in chunks of at most so many characters.",
        ("SNOWFLAKE.CORTEX.SPLIT_TEXT_RECURSIVE_CHARACTER(text, format, chunk_size [, overlap])",),
        (_p("TEXT", "text", True), _p("FORMAT", "text", True, "'none' or 'markdown'"), _p("CHUNK_SIZE", "number", True), _p("OVERLAP", "number"), _p("SEPARATORS", "array")),
        "ARRAY of VARCHAR", _NULL_IN, "a size that is not positive, an overlap that is not smaller", "raise", "none",
        "SELECT c.value::STRING AS chunk FROM LATERAL FLATTEN(SNOWFLAKE.CORTEX.SPLIT_TEXT_RECURSIVE_CHARACTER('one two three four', 'none', 10, 2)) c;",
        _DOCS + "split_text_recursive_character-snowflake-cortex", aliases=("SPLIT_TEXT_RECURSIVE_CHARACTER",),
    ),
    FunctionSpec(
        "CORTEX.SPLIT_TEXT_MARKDOWN_HEADER", "helper", "A Markdown text in chunks that know their headings.",
        ("SNOWFLAKE.CORTEX.SPLIT_TEXT_MARKDOWN_HEADER(text, headers, chunk_size [, overlap])",),
        (_p("TEXT", "text", True), _p("HEADERS", "object", True, "{'#': 'header_1', '##': 'header_2'}"), _p("CHUNK_SIZE", "number", True), _p("OVERLAP", "number")),
        'ARRAY of {"chunk": .., "headers": {..}}', _NULL_IN, "a size that is not positive", "raise", "none",
        "SELECT c.value AS chunk FROM LATERAL FLATTEN(SNOWFLAKE.CORTEX.SPLIT_TEXT_MARKDOWN_HEADER('# A\nfirst', {'#': 'h1'}, 100)) c;",
        _DOCS + "split_text_markdown_header-snowflake-cortex", aliases=("SPLIT_TEXT_MARKDOWN_HEADER",),
    ),
    FunctionSpec(
        "CORTEX.SENTIMENT", "legacy", "The mood of a text as a number.", ("SNOWFLAKE.CORTEX.SENTIMENT(text)",), (_p("TEXT", "text", True),),
        "FLOAT from -1 to 1", _NULL_IN, "none", "raise", "lexicons and embeddings, combined and calibrated",
        "SELECT SNOWFLAKE.CORTEX.SENTIMENT('The lamp is lovely') AS score;", _DOCS + "sentiment-snowflake-cortex",
        "ai_analyze_sentiment(text)", provider="SENTIMENT",
    ),
    FunctionSpec(
        "CORTEX.ENTITY_SENTIMENT", "legacy", "The mood of a text for named aspects.", ("SNOWFLAKE.CORTEX.ENTITY_SENTIMENT(text [, entities])",),
        (_p("TEXT", "text", True), _p("CATEGORIES", "array")), "OBJECT as AI_SENTIMENT", _NULL_IN, "as AI_SENTIMENT", "raise",
        "as AI_SENTIMENT", "SELECT SNOWFLAKE.CORTEX.ENTITY_SENTIMENT('Good price, slow delivery', ['price']) AS mood;",
        _DOCS + "entity_sentiment-snowflake-cortex", provider="AI_SENTIMENT",
    ),
    FunctionSpec(
        "CORTEX.SUMMARIZE", "legacy", "A shorter text with the main points.", ("SNOWFLAKE.CORTEX.SUMMARIZE(text)",), (_p("INPUT", "text", True),),
        "VARCHAR", _NULL_IN, "none", "raise", "as AI_SUMMARIZE", "SELECT SNOWFLAKE.CORTEX.SUMMARIZE('The app closes when I pay.') AS gist;",
        _DOCS + "summarize-snowflake-cortex", provider="SUMMARIZE", aliases=("SUMMARIZE",),
    ),
    FunctionSpec(
        "CORTEX.TRANSLATE", "legacy", "A text in another language.", ("SNOWFLAKE.CORTEX.TRANSLATE(text, source_language, target_language)",),
        (_p("TEXT", "text", True), _p("SOURCE_LANGUAGE", "text", True), _p("TARGET_LANGUAGE", "text", True)), "VARCHAR", _NULL_IN,
        "without a configured endpoint the query fails", "raise", "the configured endpoint only",
        "SELECT SNOWFLAKE.CORTEX.TRANSLATE(NULL, 'fr', 'en') AS nothing;", _DOCS + "translate-snowflake-cortex", provider="TRANSLATE",
    ),
    FunctionSpec(
        "CORTEX.CLASSIFY_TEXT", "legacy", "Which of the given categories a text belongs to.", ("SNOWFLAKE.CORTEX.CLASSIFY_TEXT(input, categories [, options])",),
        (_p("INPUT", "text", True), _p("LIST_OF_CATEGORIES", "array", True), _p("CONFIG_OBJECT", "object", meaning="task_description (as AI_CLASSIFY), examples")),
        'OBJECT {"label": ".."}', _NULL_IN, "not 2 to 100 categories, more than 20 examples", "raise", "as AI_CLASSIFY",
        "SELECT SNOWFLAKE.CORTEX.CLASSIFY_TEXT('It crashes', ['bug', 'billing']):label::STRING AS kind;",
        _DOCS + "classify_text-snowflake-cortex", provider="CLASSIFY_TEXT",
    ),
    FunctionSpec(
        "CORTEX.EXTRACT_ANSWER", "legacy", "The part of a document that answers a question.", ("SNOWFLAKE.CORTEX.EXTRACT_ANSWER(document, question)",),
        (_p("DOCUMENT", "text object array", True), _p("QUESTION", "text", True)), "VARCHAR", _NULL_IN, "an empty document", "raise",
        "as AI_EXTRACT", "SELECT SNOWFLAKE.CORTEX.EXTRACT_ANSWER('Please refund order 8812', 'Which order?') AS answer;",
        _DOCS + "extract_answer-snowflake-cortex", provider="EXTRACT_ANSWER",
    ),
    FunctionSpec(
        "CORTEX.COMPLETE", "legacy", "An answer to a prompt or a conversation.", ("SNOWFLAKE.CORTEX.COMPLETE(model, prompt)", "SNOWFLAKE.CORTEX.COMPLETE(model, history, options)"),
        (_p("MODEL", "text", True), _p("PROMPT", "text array object", True), _p("OPTIONS", "object")),
        "VARCHAR; a JSON string with choices, created, model and usage as soon as options are given, even {}", _NULL_IN, "an unknown model fails the query",
        "raise", _WRITER, "SELECT SNOWFLAKE.CORTEX.COMPLETE('demo-small', 'Name one colour.') AS answer;",
        _DOCS + "complete-snowflake-cortex", provider="COMPLETE",
    ),
    FunctionSpec(
        "CORTEX.TRY_COMPLETE", "legacy", "As COMPLETE, but NULL when it fails.", ("SNOWFLAKE.CORTEX.TRY_COMPLETE(model, prompt [, options])",),
        (_p("MODEL", "text", True), _p("PROMPT", "text array object", True), _p("OPTIONS", "object")), "as COMPLETE", _NULL_IN, "NULL", "null",
        _WRITER, "SELECT SNOWFLAKE.CORTEX.TRY_COMPLETE('no-such-model', 'hello') IS NULL AS failed;",
        _DOCS + "try_complete-snowflake-cortex", provider="COMPLETE",
    ),
    FunctionSpec(
        "CORTEX.EMBED_TEXT_768", "legacy", "A text as a vector of 768 numbers.", ("SNOWFLAKE.CORTEX.EMBED_TEXT_768(model, text)",),
        (_p("MODEL", "text", True), _p("INPUT", "text", True)), "VECTOR(FLOAT, 768)", _NULL_IN, "a model of another dimension", "raise", _EMBEDDER,
        "SELECT SNOWFLAKE.CORTEX.EMBED_TEXT_768('snowflake-arctic-embed-m', 'refund') AS v;", _DOCS + "embed_text-snowflake-cortex", provider="AI_EMBED",
    ),
    FunctionSpec(
        "CORTEX.EMBED_TEXT_1024", "legacy", "A text as a vector of 1024 numbers.", ("SNOWFLAKE.CORTEX.EMBED_TEXT_1024(model, text)",),
        (_p("MODEL", "text", True), _p("INPUT", "text", True)), "VECTOR(FLOAT, 1024)", _NULL_IN, "a model of another dimension", "raise", _EMBEDDER,
        "SELECT SNOWFLAKE.CORTEX.EMBED_TEXT_1024('snowflake-arctic-embed-l-v2.0', 'refund') AS v;", _DOCS + "embed_text_1024-snowflake-cortex", provider="AI_EMBED",
    ),
    FunctionSpec(
        "CORTEX.COUNT_TOKENS", "legacy", "How many tokens a text has.", ("SNOWFLAKE.CORTEX.COUNT_TOKENS(model, text)",),
        (_p("MODEL", "text", True), _p("INPUT", "text", True)), "INTEGER", _NULL_IN, "an unknown model", "raise", "none: about four characters a token",
        "SELECT SNOWFLAKE.CORTEX.COUNT_TOKENS('demo-small', 'The lamp is lovely.') AS tokens;", _DOCS + "count_tokens-snowflake-cortex",
    ),
    *(
        FunctionSpec(
            name, "not emulated", what, (f"{name}(..)",), (), "-", "-", "always: this machine has no model for it", "raise", "none", "", _DOCS + name.lower().replace("cortex.", ""),
        )
        for name, what in (
            ("AI_MULTI_EMBED", "Embeds images and documents."), ("AI_PARSE_DOCUMENT", "Reads documents."), ("AI_TRANSCRIBE", "Transcribes audio."),
            ("TO_FILE", "Refers to a file in a stage."), ("FL_GET_URL", "Address of a file."), ("FL_IS_IMAGE", "Whether a file is an image."),
            ("FL_IS_AUDIO", "Whether a file is audio."), ("FL_IS_DOCUMENT", "Whether a file is a document."), ("FL_IS_VIDEO", "Whether a file is a video."),
            ("FL_GET_SIZE", "Size of a file."), ("FL_GET_CONTENT_TYPE", "Kind of a file."), ("FL_GET_STAGE", "Stage of a file."),
            ("FL_GET_RELATIVE_PATH", "Path of a file."), ("FL_GET_FILE_TYPE", "Kind of a file."), ("FL_GET_ETAG", "Fingerprint of a file."),
            ("FL_GET_LAST_MODIFIED", "Time of a file's last change."), ("FL_GET_SCOPED_FILE_URL", "Address of a file."), ("TRY_TO_FILE", "Refers to a file in a stage."),
            ("CORTEX.PARSE_DOCUMENT", "Reads documents."), ("CORTEX.AGENT_RUN", "Runs an agent."), ("CORTEX.SEARCH_PREVIEW", "Asks a search service."),
            ("CORTEX.FINETUNE", "Trains a model."), ("AGENT_RUN", "Runs an agent."), ("SEARCH_PREVIEW", "Asks a search service."), ("FINETUNE", "Trains a model."),
        )
    ),
)  # fmt: skip
