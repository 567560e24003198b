import dataclasses
import io
import json
import math
import os
import subprocess
import sys
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import log
from core.cli import run_json, to_json
from core.config import Settings, settings
from core.errors import BadInput, HubError


def fields_of(model, prefix=""):
    for name, field in model.model_fields.items():
        nested = getattr(field.annotation, "model_fields", None)
        if nested is None:
            yield prefix + name, field
        else:
            yield from fields_of(field.annotation, f"{prefix}{name}__")


def test_every_setting_is_documented():
    documented = {name: field.description for name, field in fields_of(Settings)}
    assert len(documented) > 20
    assert [name for name, description in documented.items() if not description] == []


def test_a_wrong_setting_is_named_without_its_value(set_settings):
    set_settings(LLM_TIMEOUT_S="hunter2")
    with pytest.raises(BadInput, match="LLM_TIMEOUT_S") as caught:
        settings()
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize("name", [name.upper() for name, _ in fields_of(Settings)])
def test_a_setting_that_is_empty_is_one_that_is_not_set(set_settings, name):
    set_settings(**{name: None})
    default = settings()
    set_settings(**{name: ""})
    assert settings() == default


def test_secrets_never_show_in_the_settings_text(set_settings):
    set_settings(LLM_API_KEY="hunter2", HUB_ADMIN_TOKEN="swordfish")
    assert "hunter2" not in repr(settings())
    assert "swordfish" not in str(settings())


def test_a_relative_data_folder_starts_at_the_project(set_settings):
    set_settings(HUB_DATA_DIR="somewhere")
    assert settings().data_dir == Path(__file__).resolve().parents[2] / "somewhere"


def test_the_files_of_settings_are_the_projects_wherever_it_is_started(set_settings, tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("LLM_MODEL=of-another-project", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    set_settings(LLM_MODEL=None)
    assert settings().llm_model != "of-another-project"
    root = Path(__file__).resolve().parents[2]
    files = [Settings.model_config[name] for name in ("env_file", "toml_file")]
    assert files == [root / ".env", root / ".streamlit" / "secrets.toml"]


def test_logs_go_to_standard_error_and_keep_standard_output_clean():
    code = "from core.log import get_logger; get_logger('here').info('event_name', rows=3)"
    environment = {**os.environ, "HUB_LOG_LEVEL": "INFO"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stdout == ""
    assert "event=event_name" in done.stderr
    assert "source=here" in done.stderr
    assert "rows=3" in done.stderr


def test_values_of_all_kinds_become_json():
    @dataclasses.dataclass(frozen=True)
    class Point:
        x: float
        when: datetime

    value = {
        "point": Point(1.5, datetime(2026, 1, 2, tzinfo=UTC)),
        "nan": math.nan,
        "array": np.array([[1.0, np.inf]]),
        "frame": pd.DataFrame({"a": [1, 2]}),
        "error": HubError("m", "h"),
        "path": Path("a/b"),
    }
    assert json.loads(json.dumps(to_json(value), allow_nan=False)) == {
        "point": {"x": 1.5, "when": "2026-01-02T00:00:00+00:00"},
        "nan": None,
        "array": [[1.0, None]],
        "frame": [{"a": 1}, {"a": 2}],
        "error": {"message": "m", "hint": "h"},
        "path": "a/b",
    }


def test_a_command_prints_its_result_and_succeeds(capsys):
    assert run_json(lambda: {"n": 1}) == 0
    assert json.loads(capsys.readouterr().out) == {"n": 1}


def test_a_failing_command_prints_message_and_hint_and_exits_with_2(capsys):
    def fail():
        raise BadInput("no such file", "check the name")

    assert run_json(fail) == 2
    assert json.loads(capsys.readouterr().out) == {
        "error": {"message": "no such file", "hint": "check the name"}
    }


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
def test_any_text_is_one_json_document_on_a_stream_of_any_encoding(monkeypatch, encoding):
    told = {"file": os.fsdecode(b"\xff.csv"), "name": "Kovač 名 💡"}
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    assert run_json(lambda: told) == 0
    stream.flush()
    assert json.loads(stream.buffer.getvalue().decode(encoding)) == told


def test_a_command_that_is_interrupted_says_so_in_json_and_exits_as_shells_expect(capsys):
    def interrupted():
        raise KeyboardInterrupt

    assert run_json(interrupted) == 130
    assert json.loads(capsys.readouterr().out)["error"]["message"] == "Interrupted"


def test_a_bug_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        run_json(lambda: 1 / 0)


def test_runtime_is_quiet_offline_and_leaves_given_values_alone():
    code = "from core.runtime import prepare; prepare(); import os, json; print(json.dumps(dict(os.environ)))"
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("OMP", "HF_"))},
        "OMP_NUM_THREADS": "1",
    }
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment).stdout
    found = json.loads(out)
    assert found["OMP_WAIT_POLICY"] == "PASSIVE"
    assert found["HF_HUB_OFFLINE"] == "1"
    assert found["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert found["OMP_NUM_THREADS"] == "1"


def test_the_last_warnings_are_kept_without_their_texts(monkeypatch, capsys):
    monkeypatch.setattr(log, "_problems", deque(maxlen=2))
    logger = log.get_logger("somewhere")
    for event in ("first", "second", "third"):
        logger.warning(event, question="a visitor's words")
    logger.debug("quiet")
    kept = log.recent_problems()
    assert [(item.source, item.event) for item in kept] == [("somewhere", "third"), ("somewhere", "second")]
    assert "visitor" not in repr(kept)
    assert "third" in capsys.readouterr().err
