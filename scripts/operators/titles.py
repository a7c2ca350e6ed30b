"""``titles import``: a catalogue and its ratings, into the titles table and the lake."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from recommender.catalogue import Title
from recommender.errors import ExchangeFormatError
from recommender.exchange import write_interactions
from recommender.history import Signal, SignalKind
from scripts.importers import ImportedData, movielens, sample
from scripts.operators.deployment import Deployment, StageOption
from scripts.operators.errors import OperatorError, explained

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

MOVIELENS_FILES = ("movies.csv", "ratings.csv", "tags.csv", "credits.csv")
LIKED = 4.0  # stars

app = typer.Typer(no_args_is_help=True, help="The catalogue.")


@dataclass(frozen=True)
class Dataset:
    """A catalogue with its ratings: a folder in MovieLens format, or the generated one."""

    name: str
    folder: Path | None

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the data is made from: two data sets never share a deployment."""
        if self.folder is None:
            sources = list(sample.SOURCES)
        else:
            sources = [self.folder / name for name in MOVIELENS_FILES]
        digest = hashlib.sha256()
        for path in sources:
            digest.update(path.name.encode())
            digest.update(path.read_bytes() if path.exists() else b"absent")
        return digest.hexdigest()

    @cached_property
    def data(self) -> ImportedData:
        """The parsed data; an :class:`OperatorError` names the file, line and column at fault."""
        if self.folder is None:
            return sample.generate()
        try:
            return movielens.read(self.folder)
        except ExchangeFormatError as error:
            raise OperatorError(str(error), next_step="mend that line and run this again") from None

    @cached_property
    def titles(self) -> dict[str, Title]:
        """The titles by id."""
        return {title.title_id: title for title in self.data.titles}

    @cached_property
    def signals(self) -> Mapping[str, Sequence[Signal]]:
        """What each viewer did, by viewer id."""
        signals: dict[str, list[Signal]] = defaultdict(list)
        for viewer_id, signal in self.data.interactions:
            signals[viewer_id].append(signal)
        return signals

    @property
    def summary(self) -> str:
        """Its size in a line."""
        return (
            f"{len(self.titles):,} titles, {len(self.data.interactions):,} ratings by "
            f"{len(self.signals):,} viewers"
        )


def open_dataset(folder: Path | None) -> Dataset:
    """The data of a folder, or the generated one; an error where the folder is not one."""
    if folder is None:
        return Dataset("sample", None)
    for name in MOVIELENS_FILES[:2]:
        if not (folder / name).is_file():
            raise OperatorError(
                f"{folder} holds no {name}, so it is not in MovieLens format",
                next_step="unpack a data set of grouplens.org/datasets/movielens and name its "
                "folder",
            )
    return Dataset(folder.resolve().name, folder)


def import_dataset(
    deployment: Deployment, dataset: Dataset, *, progress: Callable[[str], None]
) -> int:
    """Writes the titles, then the ratings as one object: training sees all of them or none.

    A title that a studio delivered stays as it was delivered, and one that was retired stays
    retired; how many were left so.
    """
    table = deployment.table("TitlesTableName")
    # What is popular has to be known before there is a model to say so.
    liked = Counter(
        signal.title_id
        for _, signal in dataset.data.interactions
        if signal.kind is SignalKind.RATE and (signal.value or 0) >= LIKED
    )
    kept = dataset.titles.keys() & kept_titles(table)
    with table.batch_writer(overwrite_by_pkeys=["title_id"]) as batch:
        for count, title in enumerate(dataset.titles.values(), start=1):
            if title.title_id not in kept:
                batch.put_item(Item={**title_item(title), "popularity": liked[title.title_id]})
            if count % 100 == 0:
                progress(f"{count:,} of {len(dataset.titles):,} titles")
    progress("ratings")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "interactions.csv.gz"
        write_interactions(path, dataset.data.interactions)
        deployment.client("s3").upload_fileobj(
            io.BytesIO(path.read_bytes()),
            deployment.output("content", "LakeBucketName"),
            f"imports/{dataset.name}/interactions.csv.gz",
        )
    return len(kept)


def kept_titles(table: Table) -> set[str]:
    """Ids of the titles that came with their files, or were retired."""
    found: set[str] = set()
    request: dict[str, Any] = {
        "FilterExpression": "attribute_exists(delivered_at) OR attribute_exists(retired_at)",
        "ProjectionExpression": "title_id",
    }
    while True:
        page = table.scan(**request)
        found.update(str(item["title_id"]) for item in page["Items"])
        if "LastEvaluatedKey" not in page:
            return found
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def title_item(title: Title) -> dict[str, Any]:
    """A title as an item of the titles table: what is not known is left out."""
    item: dict[str, Any] = {}
    for name, value in asdict(title).items():
        if value is None or value in ((), ""):
            continue
        if isinstance(value, float):
            item[name] = Decimal(str(value))
        else:
            item[name] = list(value) if isinstance(value, tuple) else value
    return item


@app.command("import")
@explained
def import_titles(
    folder: Annotated[
        Path | None,
        typer.Argument(help="A folder in MovieLens format; without it the generated catalogue."),
    ] = None,
    stage: StageOption = "local",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and check everything, write nothing.")
    ] = False,
) -> None:
    """Import a catalogue and its ratings; doing it again changes nothing.

    The folder holds movies.csv and ratings.csv, and may hold tags.csv and credits.csv
    (movieId, certificate, released, directors, writers, cast). Train afterwards:
    scripts/marquee train
    """
    console = Console()
    dataset = open_dataset(folder)
    console.print(f"{dataset.name}: {dataset.summary}")
    if dry_run:
        console.print("[dim]nothing written (--dry-run)[/dim]")
        return
    with console.status("importing") as status:
        kept = import_dataset(Deployment(stage), dataset, progress=status.update)
    if kept:
        console.print(
            f"left {kept:,} titles as they are: a studio delivered or someone retired them"
        )
    console.print(
        "imported; next: scripts/marquee train" + ("" if stage == "local" else f" --stage {stage}")
    )
