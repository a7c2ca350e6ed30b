"""Media for a title of the running platform, without the packaging workflow."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any

import httpx

from benchmarks.node.clip import Clip
from scripts.operators.deployment import Deployment

TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".m4s": "video/mp4", ".vtt": "text/vtt"}


def put_title(
    deployment: Deployment, clip: Clip, title_id: str, *, series: dict[str, Any] | None = None
) -> None:
    """Uploads the clip as the title's media, then names it in the catalogue."""
    s3, bucket = deployment.client("s3"), deployment.output("content", "MediaBucketName")
    mine = Clip(title_id, clip.folder, clip.seconds)
    for key, path in mine.files().items():
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
        s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes(), ContentType=kind)
    deployment.table("TitlesTableName").update_item(
        Key={"title_id": title_id},
        UpdateExpression="SET manifest = :manifest" + (", series = :series" if series else ""),
        ExpressionAttributeValues={
            ":manifest": f"{clip.folder.name}/master.m3u8",
            **({":series": series} if series else {}),
        },
    )


def media(url: str, title_id: str, path: Path, **cookies: Any) -> httpx.Response:
    """Asks the edge for a file of a title with these cookies."""
    return httpx.get(f"{url}/media/{title_id}/{path}", cookies=cookies, timeout=30)
