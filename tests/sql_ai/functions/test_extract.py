import pytest

from core.sql_ai.functions.errors import RowError
from core.sql_ai.functions.extract import extract, extract_answer

_PERSON = "John Smith lives in San Francisco and works for Snowflake"


def _response(text, form):
    answer = extract([(text, form, False)])[0]
    assert answer["error"] is None
    assert set(answer) == {"error", "response"}
    return answer["response"]


def test_an_object_of_questions_is_answered_by_key():
    asked = {"name": "What is the name?", "city": "Where does he live?", "company": "Which company?"}
    assert _response(_PERSON, asked) == {
        "name": "John Smith",
        "city": "San Francisco",
        "company": "Snowflake",
    }


def test_an_array_of_questions_is_answered_by_question():
    assert _response(_PERSON, ["What is the first name of the employee?", "What is the city?"]) == {
        "What is the first name of the employee?": "John",
        "What is the city?": "San Francisco",
    }


def test_an_array_of_pairs_is_answered_by_key():
    asked = [["name", "What is the name?"], ["address", "Where does he live?"]]
    assert _response(_PERSON, asked) == {"name": "John Smith", "address": "San Francisco"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Languages: Python, SQL and Rust.", ["Python", "SQL", "Rust"]),
        ("The languages she speaks are French, German and Dutch.", ["French", "German", "Dutch"]),
    ],
)
def test_a_list_question_gives_the_items(text, expected):
    assert _response(text, {"found": "List: What are the languages?"}) == {"found": expected}


def test_a_schema_gives_strings_lists_and_tables():
    people = {
        "type": "object",
        "description": "people",
        "column_ordering": ["name", "age"],
        "properties": {"name": {"type": "array"}, "age": {"type": "array"}},
    }
    schema = {
        "people": people,
        "employees": {"type": "array", "description": "What are the names of the people?"},
        "phone": {"type": "string", "description": "What is the phone number?"},
    }
    found = _response("Anna is 34, Bob is 28.", {"schema": {"type": "object", "properties": schema}})
    assert found == {
        "people": {"name": ["Anna", "Bob"], "age": ["34", "28"]},
        "employees": ["Anna", "Bob"],
        "phone": None,
    }


def test_a_written_table_is_read_by_its_header():
    columns = {"city": {"type": "array"}, "sales": {"type": "array"}}
    form = {"schema": {"type": "object", "properties": {"t": {"type": "object", "properties": columns}}}}
    text = "Region | City | Sales\nNorth | Oslo | 12\nSouth | Rome | 30"
    assert _response(text, form) == {"t": {"city": ["Oslo", "Rome"], "sales": ["12", "30"]}}


def test_equal_values_in_two_rows_of_a_table_stay_two_rows():
    columns = {"name": {"type": "array"}, "age": {"type": "array"}}
    form = {"schema": {"type": "object", "properties": {"t": {"type": "object", "properties": columns}}}}
    assert _response("Anna is 34. Bob is 34.", form) == {"t": {"name": ["Anna", "Bob"], "age": ["34", "34"]}}


def test_kinds_of_values_are_told_apart():
    text = "Order A-4711: 3 blue lamps, 2 kg, $45.50, shipped on 5 May 2024 at 9:30 am to anna@example.org."
    asked = {
        "order": "What is the order number?", "total": "How much did it cost?", "date": "On which date was it shipped?",
        "time": "What time?", "mail": "What is the email address?", "colour": "What colour?",
        "weight": "What does it weigh?",
        "phone": "What is the phone number?",
    }  # fmt: skip
    assert _response(text, asked) == {
        "order": "A-4711", "total": "$45.50", "date": "5 May 2024", "time": "9:30 am", "mail": "anna@example.org",
        "colour": "blue", "weight": "2 kg", "phone": None,
    }  # fmt: skip


def test_scores_come_only_when_they_are_wanted():
    answer = extract([(_PERSON, {"city": "Where does he live?", "phone": "Which phone number?"}, True)])[0]
    scores = answer["scoring"]["scores"]
    assert 0 < scores["city"]["score"] <= 1
    assert scores["phone"]["score"] == 0


@pytest.mark.parametrize(
    "form",
    [
        {},
        [],
        3,
        {"a": 1},
        [["a", "b", "c"]],
        {"schema": {"type": "object", "properties": {"a": {"type": "tuple"}}}},
        [f"question {number}?" for number in range(101)],
    ],
)
def test_a_format_that_cannot_be_read_sets_the_error_of_its_row_only(form):
    bad, good = extract([("text", form, False), (_PERSON, {"city": "Where does he live?"}, False)])
    assert bad["response"] is None
    assert isinstance(bad["error"], str)
    assert good["response"] == {"city": "San Francisco"}


def test_an_empty_text_answers_nothing():
    assert _response("", {"name": "What is the name?", "all": "List: names"}) == {"name": None, "all": []}


def test_a_question_about_a_document_gets_a_span_of_it():
    document = "The tower is 324 metres high and was built in 1889. The meeting is at 3 pm."
    assert extract_answer([(document, "When was the tower built?")]) == ["1889"]
    assert extract_answer([(document, "How high is the tower?")]) == ["324 metres"]
    assert isinstance(extract_answer([("", "Who?")])[0], RowError)


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        ("Total: $1,045.50", "What is the total?", "$1,045.50"),
        ("Salary: 85,000 dollars, paid monthly.", "What is the salary?", "85,000 dollars"),
        ("Subtotal: $900.00, tax: $90.00, total: $1,090.00", "What is the subtotal?", "$900.00"),
        ("City: Bern, Canton: Bern", "What is the city?", "Bern"),
    ],
)
def test_a_comma_ends_a_labelled_value_but_not_inside_a_number(text, question, answer):
    assert _response(text, {"t": question})["t"] == answer


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        ("The meeting is at 3 pm in room 12.", "Which room?", "12"),
        ("I paid 45 dollars for two tickets.", "How many tickets?", "two"),
        ("Einstein was born in Ulm.", "Who was born in Ulm?", "Einstein"),
        ("The coil was invented by Tesla.", "Who invented the coil?", "Tesla"),
        ("The lamp is broken.", "Who broke it?", None),
        ("The shop opens at nine and closes at six.", "When does the shop open?", "nine"),
        ("Paris is the capital of France.", "What is the capital of France?", "Paris"),
        ("The capital of France is Paris.", "What is the capital of France?", "Paris"),
    ],
)
def test_a_plain_question_gets_the_words_that_answer_it(text, question, answer):
    assert extract([(text, [question], False)])[0]["response"] == {question: answer}
