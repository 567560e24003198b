"""What a visitor's documents are called is text wherever the chat names them."""

from dataclasses import replace

from streamlit.testing.v1 import AppTest

from core.ui.rag.export import as_markdown
from core.ui.rag.search_filter import SearchFilter

NAME = "my_own_notes ![x](http://evil.example/x.png).md"
ESCAPED = r"my\_own\_notes !\[x\](http" + "\u2060"


def test_names_of_documents_are_text_in_the_facts_and_offers_of_an_answer(make_turn):
    def part(turn, name):
        from core.ui.rag.answers import show_facts
        from core.ui.rag.chat_view import _offer

        show_facts(turn)
        _offer((f"What does {name} say?",), "Ask next")

    turn = make_turn()
    narrowed = replace(turn, settings=replace(turn.settings, only=SearchFilter(documents=(NAME,))))
    app = AppTest.from_function(part, args=(narrowed, NAME)).run()
    assert not app.exception
    (badge,) = [item.value for item in app.markdown if "evil.example" in item.value]
    assert ESCAPED in badge
    assert ESCAPED in app.button[0].label
    assert f"only {ESCAPED}".replace("!", r"\!") in as_markdown([narrowed])
