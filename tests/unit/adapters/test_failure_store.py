import base64
import json

import pytest

from adapters.failure_store import FailureStore
from schemas.errors import ThrottledError
from services.stream import StreamRecord
from tests.unit.adapters.faulty import Faulty, refused

RECORD = StreamRecord("shardId-000", "49", b"\xff\x00poison", 1_795_460_400.5)


def test_a_record_is_kept_whole_under_its_own_name(bucket):
    client, name = bucket
    for _ in range(2):  # a retry overwrites
        FailureStore(client, name).keep("profile", RECORD, "not JSON")
    (entry,) = client.list_objects_v2(Bucket=name)["Contents"]
    assert entry["Key"] == "poison/profile/2026/11/23/shardId-000-49.json"
    kept = json.loads(client.get_object(Bucket=name, Key=entry["Key"])["Body"].read())
    assert base64.b64decode(kept["data"]) == RECORD.data
    assert kept["reason"] == "not JSON"


def test_a_busy_bucket_is_throttling(bucket):
    client, name = bucket
    busy = FailureStore(Faulty(client, put_object=[refused("SlowDown", 503)]), name)
    with pytest.raises(ThrottledError):
        busy.keep("profile", RECORD, "not JSON")
