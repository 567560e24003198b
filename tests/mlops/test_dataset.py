"""Unseen churn files in the columns and quirks of public ones."""

import os
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.config_mlops import TrainingSettings
from core.errors import BadInput, LimitReached, StoreError
from core.mlops import split
from core.mlops.dataset import inspect, load_rows, prepare
from core.mlops.tables import read_table

LIMITS = TrainingSettings()
N = 400


def rng(seed=3):
    return np.random.default_rng(seed)


def bank():
    r = rng()
    frame = pd.DataFrame(
        {
            "RowNumber": np.arange(1, N + 1),
            "CustomerId": r.permutation(np.arange(15_600_000, 15_600_000 + N)),
            "Surname": r.choice([f"Name{i}" for i in range(250)], N),
            "CreditScore": r.integers(350, 850, N),
            "Geography": r.choice(["France", "Germany", "Spain"], N),
            "Age": r.integers(18, 92, N),
            "Balance": np.where(r.random(N) < 0.4, 0, r.normal(120_000, 30_000, N).round(2)),
            "HasCrCard": r.integers(0, 2, N),
        }
    )
    return frame.assign(Exited=(r.random(N) < (frame["Age"] - 10) / 130).astype(int))


def telecom():
    r = rng(4)
    frame = pd.DataFrame(
        {
            "state": r.choice([a + b for a in "ABCDEFGHIJ" for b in "LKZRA"], N),
            "area code": r.choice([408, 415, 510], N),
            "phone number": [
                f"{a}-{b}" for a, b in zip(r.integers(327, 422, N), r.permutation(N) + 1000, strict=True)
            ],
            "international plan": r.choice(["no", "yes"], N),
            "total day minutes": r.normal(180, 54, N).round(1),
        }
    )
    gone = r.random(N) < 1 / (1 + np.exp((220 - frame["total day minutes"]) / 30))
    return frame.assign(churn=np.where(gone, "True.", "False."))


def cards():
    r = rng(5)
    gone = r.random(N) < 0.3
    return pd.DataFrame(
        {
            "CLIENTNUM": r.choice(np.arange(708_082_083, 828_343_083, 3701), N, replace=False),
            "Attrition_Flag": np.where(gone, "Attrited Customer", "Existing Customer"),
            "Income_Category": r.choice(["$60K - $80K", "Less than $40K", "Unknown"], N),
            "Total_Trans_Ct": r.integers(10, 139, N) - 20 * gone,
            "Naive_Bayes_Classifier_1": np.where(gone, r.uniform(0.98, 1, N), r.uniform(0, 0.001, N)),
        }
    )


def services():
    r = rng(6)
    gone = r.random(N) < 0.3
    return pd.DataFrame(
        {
            "Customer ID": [f"C{i:05}" for i in r.permutation(N)],
            "Join Date": pd.Series(
                pd.Timestamp("2020-01-13") + pd.to_timedelta(r.integers(0, 900, N), "D")
            ).dt.strftime("%d/%m/%Y"),
            "Spend": [f"$1,{value:03d}.50" for value in r.integers(0, 600, N) + 300 * gone],
            "City": r.choice([f"City {i}" for i in range(200)], N),
            "Country": "US",
            "Churn Score": (r.integers(0, 60, N) + 30 * gone),
            "Cancel Reason": np.where(gone, r.choice(["price", "service"], N), ""),
            "Plan": r.choice(["Basic", "Plus", "N/A"], N),
            "Status": np.where(gone, "Churned", "Active"),
        }
    )


EXPECTED = {
    bank: (
        "Exited=1",
        "RowNumber:identifier CustomerId:identifier Surname:high_cardinality Geography:categorical "
        "Balance:numeric HasCrCard:boolean",
    ),
    telecom: (
        "churn=True.",
        "phone number:identifier state:categorical international plan:boolean area code:numeric",
    ),
    cards: (
        "Attrition_Flag=Attrited Customer",
        "CLIENTNUM:identifier Naive_Bayes_Classifier_1:leak Income_Category:categorical",
    ),
    services: (
        "Status=Churned",
        "Customer ID:identifier Join Date:date Spend:numeric City:high_cardinality Country:constant "
        "Churn Score:leak Cancel Reason:leak",
    ),
}


@pytest.mark.parametrize("make", EXPECTED, ids=lambda make: make.__name__)
def test_target_positive_answer_and_roles_of_an_unseen_file_are_recognised(make):
    answer, told_roles = EXPECTED[make]
    roles = dict(re.findall(r"(\S[^:]*):(\w+)", told_roles))
    report = inspect(read_table(make(), LIMITS), LIMITS)
    assert f"{report.target}={report.positive}" == answer
    found = {column.name: column.role.value for column in report.columns}
    assert {name: found[name] for name in roles} == roles
    told = {
        issue.column
        for issue in report.issues
        if issue.kind in ("identifier", "leak", "constant", "high_cardinality")
    }
    assert {name for name, role in roles.items() if role in ("identifier", "leak", "constant")} <= told


@pytest.mark.parametrize("make", [bank, services], ids=lambda make: make.__name__)
def test_an_unseen_file_is_trained_on_without_naming_anything(empty, make):
    runs = empty.train(make(), algorithms=["logistic_regression", "hist_gradient_boosting"], budget_s=0.001)
    assert all(0.55 < run.metrics["roc_auc"] <= 1 for run in runs)
    schema = empty.schema(empty.register(runs[0].run_id))
    assert not {"CustomerId", "RowNumber", "Surname", "Customer ID", "Churn Score"} & set(schema.names)


@pytest.mark.parametrize("positive", [None, "1", 1, 1.0, True, "True", "yes", "Y"])
def test_the_positive_answer_may_be_given_in_any_spelling(positive):
    report = inspect(read_table(bank(), LIMITS), LIMITS, "exited", positive)
    assert report.positive == "1"


def test_the_other_answer_may_be_the_positive_one():
    assert inspect(read_table(telecom(), LIMITS), LIMITS, "churn", "False").positive == "False."


def test_a_wrong_target_or_positive_is_answered_with_the_nearest():
    with pytest.raises(BadInput, match="did you mean 'Exited'"):
        inspect(read_table(bank(), LIMITS), LIMITS, "Exitd")
    with pytest.raises(BadInput, match="'Gone' is not a value"):
        inspect(read_table(cards(), LIMITS), LIMITS, None, "Gone")


def test_a_leak_kept_by_hand_is_remembered_and_stopped_by_the_gate(empty):
    kept = {"Naive_Bayes_Classifier_1": "numeric"}
    run = empty.train(cards(), roles=kept, algorithms=["logistic_regression_linear"], budget_s=0.001)[0]
    report = empty.check_gates(empty.register(run.run_id))
    assert {gate.name: gate.passed for gate in report.gates}["no_leak"] is False


def test_blanks_and_semicolons_and_decimal_commas_are_read(tmp_path):
    frame = bank()
    frame["Balance"] = frame["Balance"].map(lambda value: f"{value:.2f}".replace(".", ",") if value else " ")
    frame.to_csv(tmp_path / "x.csv", sep=";", index=False, encoding="cp1252")
    report = inspect(read_table(tmp_path / "x.csv", LIMITS), LIMITS)
    balance = next(column for column in report.columns if column.name == "Balance")
    assert (balance.role, balance.style, balance.blanks > 0) == ("numeric", "comma_decimal", True)


def test_duplicates_are_reported_and_never_straddle_the_split(tmp_path):
    frame = bank()
    doubled = pd.concat(
        [frame, frame.sample(80, random_state=1).assign(CustomerId=range(80), RowNumber=range(900, 980))]
    )
    dataset = prepare(read_table(doubled, LIMITS), LIMITS, tmp_path)
    assert any(issue.kind == "duplicates" and issue.rows == 80 for issue in dataset.report.issues)
    content = dataset.cells.drop(columns=["CustomerId", "RowNumber"]).agg("|".join, axis=1)
    assert not set(content[dataset.holdout]) & set(content[~dataset.holdout])


def test_the_hold_out_is_frozen_for_the_same_rows_whatever_the_seed_then(tmp_path):
    table = read_table(bank(), LIMITS)
    first = prepare(table, LIMITS, tmp_path)
    second = prepare(table, TrainingSettings(seed=99, holdout_share=0.4), tmp_path)
    assert (first.holdout == second.holdout).all()
    assert first.holdout_digest == second.holdout_digest
    other = prepare(read_table(bank().iloc[1:], LIMITS), LIMITS, tmp_path)
    assert other.digest != first.digest


@given(
    st.integers(60, 300), st.integers(1, 60), st.floats(0.1, 0.4), st.integers(0, 5), st.floats(0.15, 0.85)
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_a_split_keeps_groups_whole_and_class_shares_alike(rows, groups, share, seed, rate):
    r = rng(seed)
    y = (r.random(rows) < rate).astype(int)
    group = np.r_[np.arange(rows - groups // 4), r.integers(0, rows - groups // 4, groups // 4)]
    mask = split.holdout_mask(y, group, r.random(rows), share, seed)
    for number in np.unique(group):
        assert len(set(mask[group == number])) == 1
    assert abs(mask.mean() - share) < 0.12
    folds = split.fold_numbers(y, group, r.random(rows), 4, seed)
    assert set(folds) == {0, 1, 2, 3}


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
def test_a_workbook_is_refused_with_what_to_do(start):
    with pytest.raises(BadInput, match="is a workbook or an archive") as caught:
        read_table(start + b"\0 and more", LIMITS, "plan.xlsx")
    assert "save the sheet as CSV" in caught.value.hint


@pytest.mark.parametrize("content", [b"\xff\xfea", b"\xff\xfe\x00\xd8,\x00"])
def test_a_file_that_only_begins_like_utf_16_is_refused_with_what_to_do(content):
    with pytest.raises(BadInput, match="begins like UTF-16") as caught:
        read_table(content, LIMITS)
    assert "CSV" in caught.value.hint


@pytest.mark.parametrize("encoding", ["utf-32", "utf-32-be"])
def test_utf_32_is_refused_with_what_to_do_though_it_begins_like_utf_16(encoding):
    with pytest.raises(BadInput, match="binary"):
        read_table("\ufeffa,Churn\n1,Yes\n".encode(encoding), LIMITS)


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_lines_may_end_as_on_any_system(end):
    cells = read_table(end.join(["a,Churn", '"1\n2",Yes', "3,No"]).encode(), LIMITS).cells
    assert cells.shape == (2, 2)
    assert list(cells["Churn"]) == ["Yes", "No"]


def test_a_number_that_no_model_can_take_counts_as_blank(tmp_path):
    r = rng()
    cells = [f"{x:.3f}" for x in r.normal(size=N)]
    cells[:4] = ["1e308", "-1e308", "1e39", "1e400"]
    frame = pd.DataFrame({"a": cells, "Churn": np.where(r.random(N) < 0.4, "Yes", "No")})
    dataset = prepare(read_table(frame, LIMITS), LIMITS, tmp_path)
    assert dataset.inputs["a"].isna().sum() == 4


@pytest.mark.parametrize("source", [None, 5, ["a,b"]])
def test_what_is_no_file_and_no_frame_is_refused_by_its_type(source):
    with pytest.raises(BadInput, match=type(source).__name__):
        read_table(source, LIMITS)


def test_a_file_may_have_any_name(tmp_path):
    path = tmp_path / os.fsdecode(b"\xff.csv")
    path.write_text("a,Churn\n1,Yes\n2,No\n")
    assert read_table(path, LIMITS).name == "?.csv"


def test_columns_of_a_frame_may_be_numbered_and_the_first_one_be_the_target():
    frame = pd.DataFrame({0: ["Yes", "No"] * 50, 1: rng().random(100)})
    assert inspect(read_table(frame, LIMITS), LIMITS, target=0).target == "0"


def test_a_column_called_like_the_stored_hold_out_keeps_its_values(tmp_path):
    frame = bank().assign(__holdout__=rng().integers(0, 9, N))
    dataset = prepare(read_table(frame, LIMITS), LIMITS, tmp_path)
    cells, mask = load_rows(tmp_path, dataset.digest)
    assert "__holdout__" in dataset.schema.names
    assert cells["__holdout__"].tolist() == dataset.cells["__holdout__"].tolist()
    assert mask.tolist() == dataset.holdout.tolist()


def test_rows_stored_by_an_earlier_version_are_read(tmp_path):
    dataset = prepare(read_table(bank(), LIMITS), LIMITS, tmp_path)
    path = tmp_path / f"{dataset.digest}.parquet"
    pd.read_parquet(path).rename(columns={" holdout": "__holdout__"}).to_parquet(path, index=False)
    cells, mask = load_rows(tmp_path, dataset.digest)
    assert cells.equals(dataset.cells)
    assert mask.tolist() == dataset.holdout.tolist()


@pytest.mark.fault(
    "the stored rows of a training file are damaged",
    sees="which file, and to put it back or train on the same data again",
    kept="runs, versions and predictions; gates and drift wait for the rows",
    heals="when the file is back, or by deleting it and training again",
)
@pytest.mark.parametrize("content", [b"", b"junk", None])
def test_stored_rows_that_are_damaged_are_told_with_the_file_and_the_remedy(tmp_path, content):
    dataset = prepare(read_table(bank(), LIMITS), LIMITS, tmp_path)
    path = tmp_path / f"{dataset.digest}.parquet"
    if content is None:
        pd.DataFrame({"a": [1]}).to_parquet(path)
    else:
        path.write_bytes(content)
    with pytest.raises(StoreError, match=dataset.digest) as caught:
        load_rows(tmp_path, dataset.digest)
    assert path.name in caught.value.hint


def test_a_folder_that_takes_no_rows_is_told(tmp_path):
    (tmp_path / "datasets").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="folder of training data"):
        prepare(read_table(bank(), LIMITS), LIMITS, tmp_path / "datasets")


@pytest.mark.timeout(30)  # pandas made a million columns before they were counted
@pytest.mark.parametrize("rest", ["\n1,2\n", ""])
def test_a_header_of_a_million_names_is_refused_before_there_is_a_table(rest):
    header = ",".join(f"ab{number}" for number in range(1_000_000))
    with pytest.raises(LimitReached, match="1,000,000 columns; the limit is 300"):
        read_table((header + rest).encode(), LIMITS)
