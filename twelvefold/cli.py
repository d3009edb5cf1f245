"""The command `twelvefold`: finds the sub-command, turns errors into one sentence and an exit code.

Exit codes: 0 done; 1 part of it failed; 2 the caller's mistake.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys

import click

from twelvefold import __version__

COMMANDS = {
    "demo": "run a whole night over packaged sample sites; needs no network",
    "run": "run one whole night now",
    "crawl": "collect and store some sources; no judging",
    "score": "judge JSON lines without a database",
    "import": "import mentions, surveys, customers or orders from files",
    "health": "show where the brand stands",
    "digest": "render the weekly digest",
    "triage": "work on the cases that negative mentions opened",
    "customers": "list customers at risk, to win back, or to reward",
    "testimonials": "short-list praise worth quoting, and keep its permissions",
    "schedule": "run every brand's night at its hour, until stopped",
    "export": "write mentions to a file or to standard output",
    "evaluate": "measure the model on labelled JSON lines",
    "doctor": "check configuration, database, model and sources",
}


class LazyGroup(click.Group):
    """Loads a sub-command's module only when it is asked for, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return the sub-command called `name`, or None."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"twelvefold.commands.{name}_command")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: twelvefold demo",
)
@click.version_option(__version__, prog_name="twelvefold")
def twelvefold() -> None:
    """Listen to what customers say, judge it offline, and weigh it by the twelvefold rule."""


def main() -> None:
    """Run the command line; no traceback reaches a person unless TWELVEFOLD_DEBUG is set."""
    from twelvefold.errors import CallerMistake, TwelvefoldError

    logging.basicConfig(level=logging.WARNING, format="twelvefold: %(levelname)s: %(message)s", stream=sys.stderr)
    try:
        code = twelvefold(standalone_mode=False)
    except click.ClickException as exc:
        exc.show()
        code = exc.exit_code
    except click.Abort:
        code = _say("stopped", 130)
    except BrokenPipeError:
        # The reader went away, as `head` does; Python must not complain about it again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except CallerMistake as exc:
        code = _say(str(exc), 2)
    except TwelvefoldError as exc:
        code = _say(str(exc), 1)
    except Exception as exc:
        if os.environ.get("TWELVEFOLD_DEBUG"):
            raise
        code = _say(
            f"this should not have happened ({type(exc).__name__}: {exc}); "
            "set TWELVEFOLD_DEBUG=1 to see where, and please report it",
            1,
        )
    sys.exit(code if isinstance(code, int) else 0)


def _say(sentence: str, code: int) -> int:
    from twelvefold.config import redact

    print(f"twelvefold: {redact(sentence)}", file=sys.stderr)  # noqa: T201
    return code
