"""`shotpilot completion`: the script that makes Tab work in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from shotpilot_pipeline.cli import completing  # noqa: F401 - teaches click how bash reads an address
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen

VARIABLE = "_SHOTPILOT_COMPLETE"


@click.command()
@asking
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(asked: Asked, shell: str) -> None:
    """Print the script that teaches SHELL to complete commands, shot lists, addresses, stages, tags and cast.

    \b
    bash   put into ~/.bashrc:                eval "$(shotpilot completion bash)"
    zsh    put into ~/.zshrc, after compinit: eval "$(shotpilot completion zsh)"
    fish   run once:  shotpilot completion fish > ~/.config/fish/completions/shotpilot.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(click.get_current_context().find_root().command, {}, "shotpilot", VARIABLE).source()
    Screen(asked).result(script.strip("\n"))
