import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.items import from_raw, read_many, to_raw, write_many
from schemas.errors import ThrottledError
from tests.unit.adapters.faulty import Faulty

KEYS = [{"title_id": f"t{n:03}"} for n in range(250)]


def puts(keys):
    return [{"PutRequest": {"Item": to_raw(key)}} for key in keys]


def nothing_read(real, request):
    return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}


def half_read(real, request):
    (table, asked), *_ = request["RequestItems"].items()
    half = len(asked["Keys"]) // 2
    answer = real(RequestItems={table: asked | {"Keys": asked["Keys"][:half]}})
    return answer | {"UnprocessedKeys": {table: asked | {"Keys": asked["Keys"][half:]}}}


def half_written(real, request):
    (table, asked), *_ = request["RequestItems"].items()
    real(RequestItems={table: asked[: len(asked) // 2]})
    return {"UnprocessedItems": {table: asked[len(asked) // 2 :]}}


def nothing_written(real, request):
    return {"UnprocessedItems": request["RequestItems"]}


def found(client, table):
    return sorted(i["title_id"] for i in read_many(client, table, KEYS, consistent=True))


def test_many_are_written_and_read_in_chunks(titles_table):
    client, table = titles_table
    write_many(client, table, puts(KEYS))
    assert found(client, table) == [key["title_id"] for key in KEYS]


def test_a_key_asked_twice_is_read_once(titles_table):
    client, table = titles_table
    write_many(client, table, puts(KEYS[:1]))
    assert len(list(read_many(client, table, KEYS[:1] * 3, consistent=False))) == 1


def test_what_was_left_over_is_asked_again(titles_table, naps):
    client, table = titles_table
    write_many(Faulty(client, batch_write_item=[half_written]), table, puts(KEYS[:20]))
    faulty = Faulty(client, batch_get_item=[half_read, nothing_read])
    assert found(faulty, table) == [key["title_id"] for key in KEYS[:20]]
    assert len(naps) == 3


def test_a_table_that_stays_busy_is_throttling(titles_table):
    client, table = titles_table
    with pytest.raises(ThrottledError):
        list(
            read_many(
                Faulty(client, batch_get_item=[nothing_read] * 9), table, KEYS[:1], consistent=True
            )
        )
    with pytest.raises(ThrottledError):
        write_many(Faulty(client, batch_write_item=[nothing_written] * 9), table, puts(KEYS[:1]))


values = st.one_of(
    st.text(min_size=1, max_size=20),
    st.booleans(),
    st.integers(-(10**15), 10**15),
    st.floats(min_value=0, max_value=2e9).map(lambda value: round(value, 3)),
    st.lists(st.text(min_size=1, max_size=5), max_size=4),
)


@given(st.dictionaries(st.text(min_size=1, max_size=8), values, max_size=5))
def test_an_item_comes_back_as_it_went(item):
    assert from_raw(to_raw(item)) == item


def test_what_is_absent_is_left_out():
    assert to_raw({"a": None, "b": ("x",)}) == {"b": {"L": [{"S": "x"}]}}
