"""`shotpilot`: finds the command, hands errors out as a sentence and an exit code.

Does not know what any command does. Commands are imported only when they run, so that `--help` stays instant.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
import traceback
from types import FrameType
from typing import Any, NoReturn

import click

from shotpilot_pipeline import __version__
from shotpilot_pipeline.cli.options import Asked, shared_options
from shotpilot_pipeline.cli.screen import Screen
from shotpilot_pipeline.errors import BadFiles, ExitCode, Severity, ShotpilotError

#: Name -> module and the line `--help` shows. The order is that of a day's work.
COMMANDS = {
    "new": ("new", "Make a small working show in a folder."),
    "check": ("check", "Find every mistake in shot lists before anything is spent."),
    "explain": ("explain", "Explain a rule of `check`: why, what breaks it, what does not."),
    "fix": ("fix", "Mend in shot lists what `check` can cure by itself."),
    "fmt": ("fmt", "Lay out shot lists in the one way; no value and no comment changes."),
    "expand": ("expand", "Show the requests a shot list compiles to, as they would go out."),
    "graph": ("graph", "Show what hangs on what, and how each part stands."),
    "plan": ("plan", "Say what is cached, what would be bought, why, and for how much."),
    "diff": ("diff", "Compare two states of a show: git revisions, saved plans, runs."),
    "why": ("why", "Say why a task is cached, changed or waiting, and what it costs."),
    "rehearse": ("rehearse", "Make the whole trip for $0: drawn slates instead of pictures."),
    "render": ("render", "Plan, ask, buy: each picture is paid once."),
    "review": ("review", "Compare and pick takes in the browser, from the keyboard."),
    "pick": ("pick", "Say which take goes on: picks, alternates, rejects, stars, notes, more."),
    "picks": ("picks", "Merge what a client chose on a client copy."),
    "status": ("status", "Show every shot at every stage, and what to do next."),
    "reconcile": ("reconcile", "Decide requests whose answer was lost; compare charges with the bill."),
    "accept": ("accept", "Rule that an edit was cosmetic: the bought takes stand."),
    "adopt": ("adopt", "Make a file, or a lost request, a take of a shot."),
    "swap": ("swap", "Exchange two shots: what was bought and picked goes with them."),
    "costs": ("costs", "Say what was spent, on what, and what was wasted."),
    "report": ("report", "Write the contact sheet: one HTML file that opens from disk."),
    "models": ("models", "Show the model cards: parameters, limits, prices and their dates."),
    "store": ("store", "Look after the bytes: verify, list, rebuild the index."),
    "completion": ("completion", "Print the script that makes Tab work in bash, zsh or fish."),
    "queue": ("queue", "Run the rehearsal queue as a local server that speaks fal's protocol."),
}

EPILOG = """
\b
Exit codes:
  0   done as far as it can be, or nothing to do (an awaited pick is said, and is 0)
  1   `plan --check` found work to buy, `fmt --check` a file to lay out
  2   wrong usage, or a shot list that does not pass
  3   a pick is awaited, and everything was asked for
  4   some takes failed, were refused or are blocked
  5   stopped by a budget
  6   key or balance
  7   another run holds the show
  8   stopped by a deadline, a window or a stop file
  9   an unknown outcome needs a decision
  70  our own bug
  130, 143  interrupted

\b
A first trip:
  shotpilot new night_at_the_club && cd night_at_the_club
  shotpilot check shotlists/*.yaml
  shotpilot plan shotlists/show.yaml
  shotpilot rehearse shotlists/show.yaml
"""


class Commands(click.Group):
    """A group whose commands are imported only when asked for by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of a day's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"shotpilot_pipeline.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table above, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="shotpilot")
@shared_options
@click.pass_context
def shotpilot(ctx: click.Context, /, **asked: Any) -> None:
    """Turn YAML shot lists into pictures: planned, priced, rehearsed for nothing, paid once."""
    ctx.obj = Asked.of(asked)


_READER_LEFT = 1  # what click exits with when the pipe behind it is closed; nothing else inside a command does


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with the code DESIGN promises."""
    if "_SHOTPILOT_COMPLETE" in os.environ:
        importlib.import_module("shotpilot_pipeline.cli.completing")  # how bash reads an address
    signal.signal(signal.SIGTERM, _terminated)
    begun = time.time_ns()
    try:
        result = shotpilot.main(args=arguments, prog_name="shotpilot", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        _leave(leaving.exit_code)
    except click.ClickException as error:
        error.show()
        _leave(ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. What was finished is kept; the same command goes on.", err=True)
        _leave(ExitCode.INTERRUPTED)
    except SystemExit as leaving:
        if leaving.code != _READER_LEFT:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _leave(ExitCode.INTERRUPTED)  # whoever read the output is gone: not all was done
    except ShotpilotError as error:
        _say(error, begun)
        _leave(error.exit_code)
    except Exception:
        traceback.print_exc()
        click.echo(f"shotpilot {__version__}: this is our bug, not yours. Nothing that was kept is lost.", err=True)
        _leave(ExitCode.OUR_BUG)
    else:  # beyond the reach of `except SystemExit` above: a 1 from here is an answer, not a closed pipe
        _leave(result if isinstance(result, int) else ExitCode.DONE)


def _say(error: ShotpilotError, begun: int) -> None:
    """Say what went wrong; `begun` is when the command started, by `time.time_ns`."""
    if not isinstance(error, BadFiles):
        click.echo(f"shotpilot: {error}", err=True)
        return
    from shotpilot_pipeline.shotlist.pages import Pages
    from shotpilot_pipeline.telling.text import told

    screen = Screen(Asked(no_color=not sys.stderr.isatty() or bool(os.environ.get("NO_COLOR"))))
    pages = Pages(until_ns=begun)
    for problem in error.problems:
        screen.fault("\n".join([*told(problem, pages.lines, screen.paint, screen.width), ""]))
    count = sum(problem.severity is Severity.ERROR for problem in error.problems)
    click.echo(f"{count} error{'s' if count != 1 else ''}; nothing was sent or rendered.", err=True)


def _terminated(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(int(ExitCode.TERMINATED))


def _leave(code: int) -> NoReturn:
    sys.stdout.flush()
    sys.exit(int(code))
