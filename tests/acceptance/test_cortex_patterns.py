"""The open acceptance patterns: every one runs, and gives the shapes and values that the reference fixes."""

from pathlib import Path

import pytest

from core.config import ASSETS
from core.sql_ai import open_session
from core.sql_ai.results import Result

from .patterns import Pattern, holds, read_patterns

FILE = ASSETS / "sql" / "cortex_patterns.sql"
SHARED = Path(__file__).parents[3] / "shared" / "acceptance" / "cortex_patterns.sql"
PATTERNS = read_patterns(FILE)
_MOODS = "{'positive', 'negative', 'neutral', 'mixed', 'unknown'}"
_TOPICS = "{'delivery', 'quality', 'price'}"
CHECKS: dict[str, tuple[str, ...]] = {
    "P00": ("[r.error for r in results] == [None] * 10",),
    "P01": (
        "columns == ['ID', 'SCORE']",
        "col('ID')[-1] == 6 and col('SCORE')[-1] is None",
        "col('SCORE')[:-1] == sorted(col('SCORE')[:-1]) and all(-1 <= s <= 1 for s in col('SCORE')[:-1])",
    ),
    "P02": (f"len(rows) == 6 and all(t in {_TOPICS} for t in col('TOPIC')[:5]) and col('TOPIC')[5] is None",),
    "P03": (f"isinstance(one, list) and one and set(one) <= {_TOPICS}",),
    "P04": ("list(one) == ['labels'] and one['labels'] in (['delivery'], ['quality'])",),
    "P06": ("columns == ['KIND', 'COUNT(*)'] and sum(r[1] for r in rows) == 3",),
    "P08": ("columns == ['TICKET'] and set(col('TICKET')) <= {10, 11, 12}", "meter.model_inputs == 3"),
    "P09": ("set(col('TICKET')) <= {10, 11}", "meter.model_inputs == 2"),
    "P10": ("columns == ['TICKET', 'SLUG']", "meter.model_inputs == 6"),
    "P11": (
        f"all(o in {_MOODS} for o in col('OVERALL')[:5]) and col('OVERALL')[5] is None",
        "all(f['categories'][0] == {'name': 'overall', 'sentiment': o} for _i, f, o in rows[:5])",
        "meter.model_inputs == 5",
    ),
    "P12": ("len(rows) == 2", "[c['name'] for c in rows[0][1]['categories']] == ['overall', 'delivery', 'price']"),
    "P13": ("sum(col('N')) == 6 and abs(sum(col('PCT')) - 100) < 0.3", "col('N') == sorted(col('N'), reverse=True)"),
    "P14": (
        "rows == [(datetime(2025, 3, 3), 2), (datetime(2025, 3, 10), 2), (datetime(2025, 3, 17), 2)]",
        "columns == ['WK', 'COUNT(*)']",
    ),
    "P15": (
        "sorted(col('SHOP')) == ['Harbour', 'Hilltop']",
        "all(isinstance(v, str) for r in rows for v in r)",
        "meter.model_inputs == 4",
    ),
    "P16": ("len(rows) == 1 and isinstance(one, str)", "meter.model_inputs == 1"),
    "P17": (
        "col('EN')[0].startswith('The lamp') and col('EN')[5] is None",
        "meter.model_inputs == 2",
    ),
    "P18": ("'[NAME]' in one and '[EMAIL]' in one and '555-0142' in one",),
    "P19": ("columns == ['CLEAN', 'ERR']", "all((c is None) != (e is None) for c, e in rows)"),
    "P20": ("len(rows) == 3 and rows[0] == (6, None)", "col('SIM')[1] >= col('SIM')[2] >= -1"),
    "P21": ("len(rows) == 3 and columns == ['TICKET', 'TICKET', 'C']", "col('C') == sorted(col('C'), reverse=True)"),
    "P22": ("all(len(v) == 768 for v in col('V')) and sorted(col('SHOP')) == ['Harbour', 'Hilltop']",),
    "P23": ("len(rows) == 2 and col('S')[0] >= col('S')[1] > -1",),
    "P24": ("isinstance(one, int) and one > 0",),
    "P25": ("len(rows) == 6 and all(isinstance(r[0], float) for r in rows[:5]) and rows[5] == (None,)",),
    "P26": ("col('FAILED') == [True] * 6",),
    "P27": ("isinstance(one, str) and columns == ['A']",),
    "P28": ("rows == [(True,)]",),
    "P29": (
        "all(set(x) == {'error', 'response', 'scoring'} and x['error'] is None for x in col('X'))",
        "col('X')[1]['response'] == {'order': '8812'}",
        "0 <= col('X')[1]['scoring']['scores']['order']['score'] <= 1",
    ),
    "P30": ("isinstance(one, int) and one > 5 * 100",),
    "P31": ("[r[0] for r in rows] == ['Harbour', 'Hilltop'] and rows[1] == ('Hilltop', 6, None)",),
    "P32": (
        "results[0].rows == [('Instance UNITS_MODEL successfully created.',)]",
        "columns == ['SERIES', 'TS', 'FORECAST', 'LOWER_BOUND', 'UPPER_BOUND']",
        "near(rows, [(None, datetime(2024, 1, 12 + i), *[32.0 + 2 * i] * 3) for i in (1, 2, 3)])",
    ),
    "P33": ("columns == ['TS', 'FORECAST'] and near(col('FORECAST'), [34.0, 36.0, 38.0])",),
    "P34": ("near([(r[0], r[2]) for r in rows], [('A', 34.0), ('A', 36.0)])",),
    "P35": (
        "columns == 'SERIES TS Y FORECAST LOWER_BOUND UPPER_BOUND IS_ANOMALY PERCENTILE DISTANCE'.split()",
        "col('IS_ANOMALY') == [False, True] and col('Y') == [34.0, 90.0]",
    ),
    "P36": ("rows == [('Table FLAGGED successfully created.',)]",),
    "P37": (
        "results[0].columns == ['SERIES', 'ERROR_METRIC', 'METRIC_VALUE', 'STANDARD_DEVIATION', 'LOGS']",
        "{r[1] for r in results[0].rows} == "
        "{'MAE', 'MAPE', 'MDA', 'MSE', 'SMAPE', 'WINKLER_ALPHA=0.05', 'COVERAGE_INTERVAL=0.95'}",
        "'UNITS_MODEL' in [r[1] for r in results[1].rows]",
        "rows == [('UNITS_MODEL successfully dropped.',)]",
    ),
    "P38": (
        "results[0].rows == [('Instance BUSY successfully created.',)]",
        "columns == ['SHOP', 'DAY', 'UNITS', 'PROMO', 'GUESS'] and col('GUESS') == ['False', 'False']",
    ),
    "P39": (
        "columns == 'CONTRIBUTOR METRIC_CONTROL METRIC_TEST CONTRIBUTION RELATIVE_CONTRIBUTION GROWTH_RATE'.split()",
        "near(rows[0][:4], (['Overall'], 162.0, 90.0, -72.0))",
    ),
    "P40": ("rows == [('Statement executed successfully.',)]",),
}  # fmt: skip


@pytest.fixture(scope="module")
def outcomes() -> dict[str, list[Result]]:
    session = open_session(samples=False)
    return {pattern.name: session.run_script(pattern.sql) for pattern in PATTERNS}


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: f"{pattern.name}-{pattern.title}")
def test_the_pattern_runs_unchanged_and_gives_what_the_reference_fixes(
    pattern: Pattern, outcomes: dict[str, list[Result]]
) -> None:
    results = outcomes[pattern.name]
    assert [str(result.error) for result in results if result.error] == []
    for check in CHECKS[pattern.name]:
        assert holds(check, results), f"{check}\n{results[-1].columns}\n{results[-1].rows}"


def test_every_pattern_has_a_check_and_every_check_a_pattern() -> None:
    assert set(CHECKS) == {pattern.name for pattern in PATTERNS}


@pytest.mark.skipif(not SHARED.exists(), reason="the shared file is not part of the repository")
def test_the_file_in_assets_is_the_shared_one() -> None:
    assert FILE.read_bytes() == SHARED.read_bytes()
