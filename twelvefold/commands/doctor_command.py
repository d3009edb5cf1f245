"""`twelvefold doctor`: is everything ready for the night?"""

from __future__ import annotations

from pathlib import Path

import click

from twelvefold.terminal import config_option, emit, json_option, read_configuration

MARKS = {"ok": "ok     ", "warning": "warning", "failing": "FAILING"}


@click.command("doctor", epilog="Example: twelvefold doctor --config config.yaml")
@config_option
@json_option
def command(config_file: Path | None, as_json: bool) -> int:
    """Check the configuration, the database, the model and the clock; each is ok, warning or failing with the mend."""
    from twelvefold.pipeline.doctor import examine

    configuration = read_configuration(config_file)
    findings = examine(configuration)
    document = {
        "schema": "twelvefold/doctor/1",
        "checks": [{"check": f.check, "state": f.state, "message": f.message} for f in findings],
    }
    emit(document, as_json, lambda: "\n".join(f"{MARKS[f.state]}  {f.check}: {f.message}" for f in findings))
    return int(any(finding.state == "failing" for finding in findings))
