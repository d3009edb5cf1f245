"""What the documents promise exists, and what exists is documented."""

import re
from pathlib import Path

import click
import pytest

from twelvefold.cli import COMMANDS, twelvefold

ROOT = Path(__file__).parents[2]


def commands() -> list[tuple[str, click.Command]]:
    context = click.Context(twelvefold)
    found: list[tuple[str, click.Command]] = []
    for name in COMMANDS:
        command = twelvefold.get_command(context, name)
        assert command is not None
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {sub}", inner) for sub, inner in command.commands.items()]
    return found


@pytest.mark.parametrize(("name", "command"), commands(), ids=[name for name, _ in commands()])
def test_every_command_has_help_with_an_example_of_itself(name: str, command: click.Command) -> None:
    assert command.help
    assert command.epilog
    assert f"twelvefold {name.split()[0]}" in command.epilog


def test_the_readme_lists_every_command_and_no_other() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `twelvefold (\w+)", readme, re.M))
    assert listed == set(COMMANDS)


def test_the_readme_opens_with_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    first_block = readme.split("```")[1]
    assert [line.split("#")[0].strip() for line in first_block.splitlines()[1:]] == ["make run", "make test"]


def test_links_between_documents_lead_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
