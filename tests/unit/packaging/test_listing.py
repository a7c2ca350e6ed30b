"""The one write that lists a title, what it lets go, and how a title is retired."""

from __future__ import annotations

import time
from typing import Any

import boto3
import pytest
from pydantic import ValidationError

from adapters.items import to_raw
from adapters.media_store import S3IngestStore, S3MediaStore
from adapters.published_media import RETIRED, S3PublishedMedia
from adapters.titles_table import TitlesTable
from adapters.titles_writer import TitlesWriter
from recommender.catalogue import Viewer
from recommender.ranker import playable
from schemas.catalogue import Episode
from schemas.errors import PackageGoneError, RetryLaterError
from schemas.intake import ListingRequest
from schemas.title_document import TitleDocument
from services.media_ports import Transfer
from services.title_listing import TitleLister
from tests.unit.packaging.conftest import DOCUMENT
from tests.unit.packaging.test_package import order_of

NOW = 1_800_000_000.0


@pytest.fixture
def dynamodb(aws):
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="titles", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "title_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "title_id", "AttributeType": "S"}],
    )  # fmt: skip
    return client


@pytest.fixture
def media(aws) -> S3MediaStore:
    client = boto3.client("s3")
    client.create_bucket(Bucket="media")
    return S3MediaStore(client, "media")


class Workflow:
    """Lists titles as the workflow's last step does, by default after a package was laid out."""

    def __init__(self, dynamodb: Any, media: S3MediaStore) -> None:
        self.media, self.published = media, S3PublishedMedia(media.client, "media")
        self.titles = TitlesWriter(dynamodb, "titles")
        self.lister = TitleLister(
            titles=self.titles, media=self.published, count=lambda *_, **__: None
        )

    def lay_out(self, content_hash: str, *, whole: bool = True) -> None:
        for name in ("240p/seg-00001.m4s", *(["master.m3u8"] if whole else ())):
            key = f"media/mq-1/{content_hash}/{name}"
            self.media.write(key, b"x", content_type="text/plain")

    def list_title(self, request: ListingRequest, *, later: float = 0.0, lay_out: bool = True):
        """So many seconds after the package was laid out, which an unchanged one is not."""
        if lay_out:
            self.lay_out(request.order.content_hash)
        return self.lister.list_title(request, now=time.time() + later)

    def let_go(self) -> set[str]:
        """The first digits of the packages that are tagged, every object of them."""
        tags: dict[str, set[bool]] = {}
        for key in self.media.sizes("media/mq-1/"):
            tags.setdefault(key.split("/")[2][0], set()).add(_tags(self.media, key) == [RETIRED])
        assert all(len(found) == 1 for found in tags.values()), tags
        return {first for first, found in tags.items() if found == {True}}


@pytest.fixture
def lister(dynamodb, media) -> Workflow:
    return Workflow(dynamodb, media)


def request_of(content_hash: str = "0" * 16, *, at: float = NOW, **changes: Any) -> ListingRequest:
    document = TitleDocument.model_validate({**DOCUMENT, **changes})
    order = order_of(content_hash=content_hash)
    return ListingRequest(delivered_at=at, item=document.item(), order=order)


def _tags(media: S3MediaStore, key: str) -> list[dict[str, str]]:
    return media.client.get_object_tagging(Bucket="media", Key=key)["TagSet"]


def test_a_listed_title_plays_and_keeps_what_others_know_of_it(lister, dynamodb):
    dynamodb.put_item(TableName="titles", Item=to_raw({"title_id": "mq-1", "popularity": 7}))
    listed = lister.list_title(request_of())
    record = TitlesTable(dynamodb, "titles").get("mq-1")
    assert listed.manifest == record.manifest == "0000000000000000/master.m3u8"
    assert (record.title.name, record.popularity) == ("A film", 7)


def test_what_a_later_delivery_no_longer_says_is_gone(lister, dynamodb):
    lister.list_title(request_of(cast=["Ada"], year=1999))
    lister.list_title(request_of(at=NOW + 1))
    title = TitlesTable(dynamodb, "titles").get("mq-1").title
    assert (title.cast, title.year) == ((), None)


SERIES = {"name": "Harbour", "season": 1, "episode": 2, "followed_by": "mq-2"}


def test_an_episode_knows_its_place_and_what_follows(lister, dynamodb):
    lister.list_title(request_of(series=SERIES))
    assert TitlesTable(dynamodb, "titles").get("mq-1").series == Episode(**SERIES)
    lister.list_title(request_of(at=NOW + 1))
    assert TitlesTable(dynamodb, "titles").get("mq-1").series is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"followed_by": "mq-1"}, "series"),  # its own title_id
        ({"episode": 0}, "series.episode"),
        ({"name": None}, "series.name"),
    ],
)
def test_an_episode_that_is_none_is_refused_by_its_field(change, field):
    with pytest.raises(ValidationError) as error:
        request_of(series={**SERIES, **change})
    (fault,) = error.value.errors()
    assert ".".join(str(part) for part in fault["loc"]) == field


def test_a_title_id_that_is_refused_is_the_only_fault_of_an_episode_that_names_no_next():
    last = {key: value for key, value in SERIES.items() if key != "followed_by"}
    with pytest.raises(ValidationError) as error:
        TitleDocument.model_validate({**DOCUMENT, "title_id": "not an id!", "series": last})
    assert [fault["loc"] for fault in error.value.errors()] == [("title_id",)]


def test_an_older_delivery_never_replaces_a_newer_one(lister, dynamodb):
    lister.list_title(request_of("1" * 16, at=NOW))
    listed = lister.list_title(request_of("2" * 16, at=NOW - 60))
    assert listed.superseded
    assert TitlesTable(dynamodb, "titles").get("mq-1").manifest.startswith("1" * 16)


ONE, TWO, THREE = "1" * 16, "2" * 16, "3" * 16
DAYS = 86400.0


def test_the_package_before_is_let_go_and_the_new_one_is_not(lister):
    lister.list_title(request_of(ONE))
    lister.list_title(request_of(TWO, at=NOW + 1))
    assert lister.let_go() == {"1"}


def test_the_package_before_is_let_go_where_that_failed_at_first(lister, monkeypatch):
    def fail(self, folder):
        raise RetryLaterError("the store failed; try again")

    lister.list_title(request_of(ONE))
    with monkeypatch.context() as patch:
        patch.setattr(S3PublishedMedia, "let_go", fail)
        with pytest.raises(RetryLaterError):
            lister.list_title(request_of(TWO, at=NOW + 1))
    lister.list_title(request_of(TWO, at=NOW + 1), lay_out=False)  # the step is tried again
    assert lister.let_go() == {"1"}


def test_a_superseded_package_is_let_go_and_the_listed_one_is_not(lister):
    lister.list_title(request_of(TWO, at=NOW))
    assert lister.list_title(request_of(ONE, at=NOW - 60)).superseded
    assert lister.let_go() == {"1"}
    assert lister.list_title(request_of(TWO, at=NOW - 60), lay_out=False).superseded
    assert lister.let_go() == {"1"}


def test_what_is_delivered_before_a_retirement_is_let_go(lister):
    lister.list_title(request_of(ONE))
    lister.titles.retire("mq-1", now=NOW + 200)
    lister.list_title(request_of(TWO, at=NOW + 100))
    assert lister.let_go() == {"1", "2"}


def test_what_another_execution_is_laying_out_is_not_let_go_until_it_is_forgotten(lister):
    lister.lay_out(THREE, whole=False)
    lister.list_title(request_of(ONE))
    assert lister.let_go() == set()
    lister.list_title(request_of(ONE), later=16 * DAYS, lay_out=False)
    assert lister.let_go() == {"3"}


def test_a_package_that_was_let_go_just_before_it_is_listed_is_kept(lister):
    lister.lay_out(TWO)  # and before it is listed, another delivery is
    lister.list_title(request_of(ONE))
    assert lister.let_go() == {"2"}
    lister.list_title(request_of(TWO, at=NOW + 1), lay_out=False)
    assert lister.let_go() == {"1"}


def test_where_two_are_listed_at_once_the_listed_one_is_kept(lister, monkeypatch):
    lister.lay_out(TWO)
    real = S3PublishedMedia.let_go

    def while_the_other_is_listed(self, folder):
        monkeypatch.setattr(S3PublishedMedia, "let_go", real)
        lister.list_title(request_of(TWO, at=NOW + 1), lay_out=False)
        return real(self, folder)

    monkeypatch.setattr(S3PublishedMedia, "let_go", while_the_other_is_listed)
    lister.list_title(request_of(ONE))
    assert lister.titles.manifest("mq-1") == f"{TWO}/master.m3u8"
    assert lister.let_go() == {"1"}


def test_a_package_that_was_let_go_is_not_listed_again(lister):
    lister.list_title(request_of(ONE))
    lister.list_title(request_of(TWO, at=NOW + 1))
    # A delivery of the first one's files that was found unchanged while it was still listed.
    unchanged = request_of(ONE, at=NOW + 2)
    with pytest.raises(PackageGoneError, match=r"mq-1: .* deliver its title\.json again"):
        lister.list_title(unchanged, later=2 * DAYS, lay_out=False)
    assert lister.titles.manifest("mq-1") == f"{TWO}/master.m3u8"
    # Delivering it again finds that it is not listed, so it is laid out anew.
    lister.list_title(request_of(ONE, at=NOW + 3))
    assert lister.titles.manifest("mq-1") == f"{ONE}/master.m3u8"
    assert lister.let_go() == {"2"}


def test_a_package_that_is_gone_and_superseded_is_no_failure(lister):
    lister.list_title(request_of(TWO, at=NOW + 1))
    assert lister.list_title(request_of(ONE), later=2 * DAYS, lay_out=False).superseded


def test_an_unchanged_delivery_is_listed_however_old_its_package_is(lister):
    lister.list_title(request_of())
    lister.list_title(request_of(at=NOW + 1, year=1999), later=400 * DAYS, lay_out=False)
    assert lister.let_go() == set()


def test_what_the_lifecycle_takes_meanwhile_is_no_failure(lister, monkeypatch):
    lister.lay_out(TWO)
    keys = S3PublishedMedia._keys
    monkeypatch.setattr(
        S3PublishedMedia, "_keys", lambda self, folder: ([f"{folder}taken"], keys(self, folder)[1])
    )
    lister.published.let_go(f"media/mq-1/{TWO}/")
    assert _tags(lister.media, f"media/mq-1/{TWO}/240p/seg-00001.m4s") == [RETIRED]


def test_what_was_let_go_and_is_wanted_again_loses_its_tag(media):
    media.write("staging/a", b"x", content_type="text/plain")
    media.write("media/a", b"x", content_type="text/plain")
    S3PublishedMedia(media.client, "media").let_go("media/")
    media.take([Transfer("staging/a", "media/a", "video/mp4")], source="media")
    assert _tags(media, "media/a") == []
    head = media.client.head_object(Bucket="media", Key="media/a")
    assert (head["ContentType"], "immutable" in head["CacheControl"]) == ("video/mp4", True)


@pytest.mark.parametrize("country", [None, "DE", "US"])
def test_a_retired_title_is_playable_nowhere_at_once(lister, dynamodb, country):
    lister.list_title(request_of())
    titles, viewer = TitlesTable(dynamodb, "titles"), Viewer(country=country)
    assert playable(titles.get("mq-1").title, viewer, NOW)
    assert TitlesWriter(dynamodb, "titles").retire("mq-1", now=NOW)
    record = titles.get("mq-1")
    assert record.manifest is None
    assert not playable(record.title, viewer, NOW)


def test_a_retired_title_that_is_delivered_again_plays_again(lister, dynamodb):
    lister.list_title(request_of())
    TitlesWriter(dynamodb, "titles").retire("mq-1", now=NOW)
    lister.list_title(request_of(at=NOW + 1))
    record = TitlesTable(dynamodb, "titles").get("mq-1")
    assert record.manifest
    assert playable(record.title, Viewer(), NOW + 2)


def test_what_was_delivered_before_a_title_was_retired_does_not_bring_it_back(lister, dynamodb):
    lister.list_title(request_of("1" * 16, at=NOW))
    TitlesWriter(dynamodb, "titles").retire("mq-1", now=NOW + 200.5)
    listed = lister.list_title(request_of("2" * 16, at=NOW + 100))  # its job was re-driven
    record = TitlesTable(dynamodb, "titles").get("mq-1")
    assert (listed.superseded, record.manifest) == (True, None)
    assert not playable(record.title, Viewer(), NOW + 300)


def test_retiring_what_is_not_there_makes_no_title(dynamodb):
    assert not TitlesWriter(dynamodb, "titles").retire("mq-9", now=NOW)
    assert dynamodb.scan(TableName="titles")["Count"] == 0


def test_a_delivery_that_is_not_there_is_none(aws):
    client = boto3.client("s3")
    client.create_bucket(Bucket="ingest")
    assert S3IngestStore(client, "ingest").find("titles/x/film.mov") is None


WINDOWS = [
    {"available_from": "2026-06-01T00:00:00Z"},
    {"countries": ["DE", "AT"], "available_from": "2026-01-01T00:00:00Z",
     "available_until": "2026-03-01T00:00:00Z"},
]  # fmt: skip
JANUARY, FEBRUARY, JULY = 1_768_000_000.0, 1_770_000_000.0, 1_783_000_000.0


@pytest.mark.parametrize(
    ("country", "ceiling", "now", "may"),
    [
        ("DE", 18, FEBRUARY, True),
        ("DE", 18, JULY, False),  # its own window is over
        ("US", 18, FEBRUARY, False),  # and the others' has not begun
        ("US", 18, JULY, True),
        (None, 18, FEBRUARY, False),
        ("DE", 12, FEBRUARY, True),  # 12 there
        ("AT", 12, FEBRUARY, False),  # 16 everywhere else
        ("US", 12, JULY, False),
        ("US", 16, JULY, True),
    ],
)
def test_windows_and_maturity_are_each_countrys_own(lister, dynamodb, country, ceiling, now, may):
    lister.list_title(request_of(windows=WINDOWS))
    title = TitlesTable(dynamodb, "titles").get("mq-1").title
    assert playable(title, Viewer(country=country, maturity_ceiling=ceiling), now) is may


def test_a_title_of_some_countries_is_for_nobody_else(lister, dynamodb):
    lister.list_title(request_of(windows=WINDOWS[1:]))
    title = TitlesTable(dynamodb, "titles").get("mq-1").title
    allowed = {code: playable(title, Viewer(country=code), FEBRUARY) for code in ("DE", "FR", None)}
    assert allowed == {"DE": True, "FR": False, None: False}


def test_a_title_without_a_rating_for_the_rest_is_unclassified_there(lister, dynamodb):
    lister.list_title(request_of(maturity={"DE": 12}))
    title = TitlesTable(dynamodb, "titles").get("mq-1").title
    assert title.maturity is None
    seen = [playable(title, Viewer(country=c, maturity_ceiling=16), NOW) for c in ("DE", "US")]
    assert seen == [True, False]
