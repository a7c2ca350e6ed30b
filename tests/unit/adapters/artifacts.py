"""Small real models, as training leaves and publishing stores them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from functools import cache

from recommender import Title, TitleState, to_bytes
from recommender.training import fit
from schemas.models import ModelPointer

NOW = 1_795_460_400.0
TITLES = [
    Title(
        title_id=f"t{n}",
        name=f"Title {n}",
        genres=("Crime",) if n % 2 else ("Comedy",),
        directors=(f"Director {n % 3}",),
        maturity=13,
        countries=("FR",) if n == 0 else (),
    )
    for n in range(12)
]


@cache
def a_model(version="v1"):
    histories = {
        f"viewer{v}": {
            f"t{t}": TitleState(
                title_id=f"t{t}", rating=5.0 if t % 2 == v % 2 else 1.0, rated_at=NOW - 1000 * t - v
            )
            for t in range(v % 4, 12, 2 + v % 2)
        }
        for v in range(16)
    }
    return fit(TITLES, histories, version=version, now=NOW)


@cache
def an_artifact(version="v1"):
    return to_bytes(a_model(version))


def a_pointer(version="v1", *, data=None, **changes):
    data = an_artifact(version) if data is None else data
    fields = {
        "version": version,
        "key": f"models/{version}/model.bin",
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "published_at": NOW,
        "metrics": {"ndcg_at_10": 0.3},
    }
    return ModelPointer.model_validate(fields | changes)


def publish(client, bucket, version="v1", *, data=None, stored=None, **changes):
    """Stores an artifact and points to it; ``stored`` lies at its key in its place."""
    data = an_artifact(version) if data is None else data
    pointer = a_pointer(version, data=data, **changes)
    client.put_object(Bucket=bucket, Key=pointer.key, Body=data if stored is None else stored)
    body = pointer.model_dump_json().encode()
    client.put_object(Bucket=bucket, Key="models/current.json", Body=body)
    return pointer


def an_archive(version="v1", *, metrics=None, leave_out=(), **more):
    """What a training job leaves: model.tar.gz."""
    members = {
        "model.bin": an_artifact(version),
        "metrics.json": json.dumps({"ndcg_at_10": 0.3} if metrics is None else metrics).encode(),
    } | more
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in members.items():
            if name not in leave_out:
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()
