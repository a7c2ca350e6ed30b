"""``web publish``: the viewer page and its configuration, into the web bucket."""

from __future__ import annotations

import json
import mimetypes
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from scripts.operators.deployment import ROOT, Deployment, LocalPlatform, StageOption
from scripts.operators.errors import explained

WEB = ROOT / "web"

app = typer.Typer(no_args_is_help=True, help="The viewer page.")


def page_configuration(
    deployment: Deployment, *, demo_viewers: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """What the page reads from ``/config.json``. Demo sign-ins exist on ``local`` alone."""
    configuration: dict[str, Any] = {
        "region": deployment.config.region,
        "user_pool_client_id": deployment.output("profiles", "UserPoolClientId"),
        "identity_endpoint": f"https://cognito-idp.{deployment.config.region}.amazonaws.com/",
    }
    if deployment.config.name == "local":
        configuration |= {"identity_endpoint": "/identity/", "demo_viewers": demo_viewers or []}
    return configuration


def publish_page(deployment: Deployment, configuration: dict[str, Any]) -> list[str]:
    """Uploads ``web/`` and the configuration; the page itself last, so it never runs ahead."""
    s3 = deployment.client("s3")
    bucket = deployment.output("content", "WebBucketName")
    files = sorted(path for path in WEB.rglob("*") if path.is_file() and _is_page(path))
    files.sort(key=lambda path: path.name == "index.html")
    s3.put_object(
        Bucket=bucket,
        Key="config.json",
        Body=json.dumps(configuration).encode(),
        ContentType="application/json",
        CacheControl="no-cache",
    )
    for path in files:
        s3.put_object(
            Bucket=bucket,
            Key=path.relative_to(WEB).as_posix(),
            Body=path.read_bytes(),
            ContentType=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
            CacheControl="no-cache",
        )
    return ["config.json", *(path.relative_to(WEB).as_posix() for path in files)]


def _is_page(path: Path) -> bool:
    return path.suffix in {".html", ".css", ".js", ".svg", ".png", ".ico", ".webmanifest"} and (
        "test" not in path.name
    )


@app.command()
@explained
def publish(
    stage: StageOption = "local",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List, upload nothing.")] = False,
) -> None:
    """Upload the page and tell CloudFront to drop the copies it holds."""
    console = Console()
    deployment = Deployment(stage)
    viewers = LocalPlatform.read().accounts if stage == "local" else None
    configuration = page_configuration(deployment, demo_viewers=viewers)
    if dry_run:
        console.print_json(data=configuration)
        return
    keys = publish_page(deployment, configuration)
    if stage != "local":  # no edge cache in front of the local page
        deployment.client("cloudfront").create_invalidation(
            DistributionId=deployment.output("delivery", "DistributionId"),
            InvalidationBatch={
                "Paths": {"Quantity": 1, "Items": ["/*"]},
                "CallerReference": str(time.time_ns()),
            },
        )
    console.print(f"published {len(keys)} files: {', '.join(keys)}")
