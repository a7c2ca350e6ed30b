"""What an operator's command can end with, and how it is shown."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

P = ParamSpec("P")
R = TypeVar("R")

_stderr = Console(stderr=True)


class OperatorError(Exception):
    """Something the operator can act on: what is wrong, and the next step."""

    def __init__(self, message: str, *, next_step: str) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step


def explained(command: Callable[P, R]) -> Callable[P, R]:
    """Show an :class:`OperatorError` or a refusal by AWS in two lines and exit 1."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except OperatorError as error:
            message, next_step = error.message, error.next_step
        except (BotoCoreError, ClientError) as error:
            message, next_step = str(error), "check the credentials, the region and --stage"
        _stderr.print(f"[red]error[/red] {message}", highlight=False)
        _stderr.print(f"[dim]next[/dim]  {next_step}", highlight=False)
        raise typer.Exit(1)

    return run
