"""The lake's columns agree with the models, for every type, there and back."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel

from schemas import lake
from schemas.envelope import Envelope, parse_envelope
from schemas.lake import LakeSchemaError, event_types, record_of
from tests.unit.lake.records import EXAMPLES, a_record, as_json, one_of_each, rows, write_landing


@pytest.mark.parametrize("model", event_types(), ids=lambda model: model.__name__)
def test_every_field_of_a_type_is_a_column(model):
    assert set(model.model_fields) <= set(lake.event_columns())


def test_no_column_is_of_no_type():
    fields = {name for model in event_types() for name in model.model_fields}
    assert set(lake.event_columns()) == fields


def test_the_landing_table_has_the_records_own_fields():
    fields = {field.alias or name for name, field in Envelope.model_fields.items()}
    assert set(lake.landing_columns()) == fields


def test_the_flat_table_has_every_field_once():
    columns = lake.events_columns()
    assert len(columns) == len(lake.record_columns()) + len(lake.event_columns())
    assert {"occurred_at", "client_occurred_at"} <= set(columns)


def test_the_examples_know_every_field():
    assert set(EXAMPLES) == set(lake.event_columns()) - {"event_id", "type"}


def test_a_landed_record_reads_back_as_it_was(tmp_path):
    records = one_of_each()
    landed = rows(write_landing(tmp_path / "landed.parquet", records))
    for record, row in zip(records, landed, strict=True):
        expected = as_json(record)
        event = {name: value for name, value in row.pop("event").items() if value is not None}
        assert {name: value for name, value in row.items() if value is not None} == {
            name: value for name, value in expected.items() if name != "event"
        }
        assert event == expected["event"]


def test_a_flat_row_is_the_record_again():
    record = a_record("rate", title_id="t1", rating=4.0, occurred_at=5.0)
    wire = as_json(record)
    names = lake.flat_names()
    row = {name: value for name, value in wire.items() if name != "event"}
    row |= {names[name]: value for name, value in wire["event"].items()}
    assert record_of(row | {"query": None}) == wire
    assert parse_envelope(record.to_json()) == record


def test_two_types_may_not_mean_two_things_by_one_field(monkeypatch):
    class One(BaseModel):
        size: int

    class Other(BaseModel):
        size: str | None

    monkeypatch.setattr(lake, "event_types", lambda: (One, Other))
    with pytest.raises(LakeSchemaError, match="Other.size is string, elsewhere bigint"):
        lake.event_columns()


def test_a_field_without_a_column_type_says_so(monkeypatch):
    class Odd(BaseModel):
        shape: complex

    monkeypatch.setattr(lake, "event_types", lambda: (Odd,))
    with pytest.raises(LakeSchemaError, match="Odd.shape"):
        lake.event_columns()


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (Annotated[int, "a note"] | None, "bigint"),
        (Literal["a", "b"], "string"),
        (tuple[Annotated[str, "a note"], ...], "array<string>"),
        (list[float], "array<double>"),
        (bool, "boolean"),
    ],
)
def test_types_of_fields_are_types_of_columns(annotation, kind):
    assert lake._hive(annotation, "here") == kind


def test_types_of_columns_are_types_of_duckdb():
    assert lake.duckdb_type("struct<a:bigint,b:array<string>>") == "STRUCT(a BIGINT, b VARCHAR[])"
