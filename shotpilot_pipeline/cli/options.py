"""What every command takes: `--json`, `--quiet`, `--project`, `--rehearsal` and the like, before or after its name."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from shotpilot_pipeline.values.money import Money

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Asked:
    """The shared options as asked for."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False
    project: Path | None = None
    rehearsal: bool = False

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Asked:
        """From click's parameters."""
        return cls(
            json=asked["as_json"],
            quiet=asked["quiet"],
            verbose=asked["verbose"],
            no_color=asked["no_color"] or bool(os.environ.get("NO_COLOR")),
            project=asked["project"],
            rehearsal=asked["rehearsal"],
        )

    def over(self, before: Asked | None) -> Asked:
        """These options, with those given before the command's name."""
        if before is None:
            return self
        return replace(
            self,
            json=self.json or before.json,
            quiet=self.quiet or before.quiet,
            verbose=self.verbose or before.verbose,
            no_color=self.no_color or before.no_color,
            project=self.project or before.project,
            rehearsal=self.rehearsal or before.rehearsal,
        )


def shared_options(function: F) -> F:
    """Add the shared options to a command."""
    for option in reversed(
        [
            click.option("--json", "as_json", is_flag=True, help="Write the result as JSON, for programs."),
            click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong."),
            click.option("-v", "--verbose", is_flag=True, help="Say more."),
            click.option("--no-color", is_flag=True, help="No colours (NO_COLOR does the same)."),
            click.option(
                "--project",
                type=click.Path(path_type=Path, exists=True, file_okay=False),
                help="Root of the show (else the nearest folder above FILE with shotpilot.toml or .shotpilot/).",
            ),
            click.option("--rehearsal", is_flag=True, help="Work on the rehearsal's store, picks and renders."),
        ]
    ):
        function = option(function)
    return function


def asking(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the shared options to a command and hand them over as its first argument, an `Asked`."""

    @shared_options
    @click.pass_context
    def with_asked(ctx: click.Context, /, **parameters: Any) -> Any:
        names = ("as_json", "quiet", "verbose", "no_color", "project", "rehearsal")
        asked = Asked.of({name: parameters.pop(name) for name in names})
        return ctx.invoke(function, asked.over(ctx.find_object(Asked)), **parameters)

    with_asked.__name__ = function.__name__
    with_asked.__doc__ = function.__doc__
    if hasattr(function, "__click_params__"):
        with_asked.__click_params__ = function.__click_params__ + with_asked.__click_params__  # type: ignore[attr-defined]
    return with_asked


def dollars(ctx: click.Context, param: click.Parameter, value: str | None) -> Money | None:
    """An amount of dollars as typed, exactly."""
    if value is None:
        return None
    try:
        money = Money.usd(value.removeprefix("$"))
    except ValueError as error:
        raise click.BadParameter(f"{error}; write it as 12.50", ctx, param) from None
    if money < Money():
        raise click.BadParameter(f"{value} is less than nothing; write it as 12.50", ctx, param)
    return money
