"""The command line prints one JSON document and answers with 0, or with 2 for bad input."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.config import ROOT
from core.sql_ai import __main__ as command


def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, Any]:
    monkeypatch.setattr(sys, "argv", ["sql_ai", *arguments])
    code = command.main()
    return code, capsys.readouterr().out


def test_a_script_prints_a_list_of_results_and_goes_on_after_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "s.sql"
    script.write_text(
        "SELECT 1 AS a, '2024-01-31'::DATE AS d, [1, 2] AS l;\nSELECT nothing;\nSELECT TRUE AS yes",
        encoding="utf-8",
    )
    code, out = call(monkeypatch, capsys, str(script), "--json", "--no-samples")
    results = json.loads(out)
    assert code == 0
    assert [set(result) for result in results] == [
        {"sql", "columns", "rows", "error", "meter", "truncated", "failures"}
    ] * 3
    assert results[0]["columns"] == ["A", "D", "L"]
    assert results[0]["rows"] == [[1, "2024-01-31", [1, 2]]]
    assert set(results[1]["error"]) == {"message", "hint"}
    assert "NOTHING" in results[1]["error"]["message"]
    assert results[2]["rows"] == [[True]]
    assert results[0]["meter"]["model_inputs"] == 0


def test_values_for_parameters_come_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "s.sql"
    script.write_text("SELECT :who AS w", encoding="utf-8")
    _code, out = call(monkeypatch, capsys, str(script), "--json", "--no-samples", "--set", "who=Ann")
    assert json.loads(out)[0]["rows"] == [["Ann"]]


def test_a_missing_file_is_bad_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = call(monkeypatch, capsys, "no-such-file.sql", "--json")
    assert code == 2
    error = json.loads(out)["error"]
    assert "no-such-file.sql" in error["message"]
    assert error["hint"]


def test_without_json_rows_are_readable_and_errors_go_to_standard_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "s.sql"
    script.write_text("SELECT 'é' AS a; SELECT nothing", encoding="utf-8")
    code, out = call(monkeypatch, capsys, str(script), "--no-samples")
    assert code == 0
    assert '"é"' in out
    assert "error:" in out
    monkeypatch.setattr(sys, "argv", ["sql_ai", str(tmp_path)])
    assert command.main() == 2
    assert "Cannot read" in capsys.readouterr().err


def test_standard_input_is_read_in_a_process_of_its_own_and_logs_stay_off_standard_output() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "core.sql_ai", "-", "--json", "--no-samples"],
        input="SELECT 40 + 2 AS n", capture_output=True, text=True, cwd=ROOT, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["rows"] == [[42]]


def test_row_by_row_gives_the_same_rows_at_a_higher_price(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "s.sql"
    script.write_text("SELECT AI_REDACT('Mail ann@example.org') AS s FROM VALUES (1), (2)", encoding="utf-8")
    _code, batched = call(monkeypatch, capsys, str(script), "--json", "--no-samples")
    _code, plain = call(monkeypatch, capsys, str(script), "--json", "--no-samples", "--no-optimize")
    (first,), (second,) = json.loads(batched), json.loads(plain)
    assert first["rows"] == second["rows"] == [["Mail [EMAIL]"]] * 2
    assert (first["meter"]["model_inputs"], second["meter"]["model_inputs"]) == (1, 2)
