"""The folder for temporary files (TMPDIR) is full: what needs it says so, the rest goes on."""

import tempfile
from importlib import import_module

import pytest

from core.errors import StoreError
from core.sql_ai import open_session

FORECAST = """CREATE SNOWFLAKE.ML.FORECAST sales(
  INPUT_DATA => TABLE(SELECT sale_date, units FROM daily_sales WHERE store = 'Harbour'),
  TIMESTAMP_COLNAME => 'SALE_DATE', TARGET_COLNAME => 'UNITS')"""


@pytest.fixture
def full(disk, monkeypatch):
    import_module("cmdstanpy")  # it makes a folder of its own when it is imported, and keeps it
    monkeypatch.setattr(tempfile, "tempdir", str(disk.path))
    disk.fill()
    return disk


@pytest.mark.fault(
    "the folder for temporary files (TMPDIR) is full",
    sees="under a forecast that this folder is full, and to free space; other statements are answered",
    kept="tables, models and the SQL in the editor",
    heals="at the next run, once there is space",
)
def test_a_forecast_without_room_for_temporary_files_tells_which_folder_is_full_and_heals(full):
    session = open_session()
    with pytest.raises(StoreError, match="temporary files cannot be written: the disk is full") as caught:
        session.execute(FORECAST)
    assert "TMPDIR" in caught.value.hint
    assert session.execute("SELECT 1").rows == [(1,)]
    full.free()
    session.execute(FORECAST)
