"""A PostgreSQL server for benchmarks, with the programs of this machine, in a folder that may be kept."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SETTINGS = "-c shared_buffers=512MB -c max_wal_size=2GB -c synchronous_commit=off"


@contextmanager
def own_postgres(folder: Path) -> Iterator[str]:
    """Start a server on what lies in a folder, made where it is empty, and stop it at the end.

    Yields:
        The URL of its database.
    """
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    if not found:
        raise SystemExit("PostgreSQL is not installed below /usr/lib/postgresql: install it, or leave out --postgresql")
    programs, data, port = found[-1].parent, folder / "postgres", _free_port()
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root.
        user = "postgres" if any(entry.pw_name == "postgres" for entry in pwd.getpwall()) else "nobody"
        folder.chmod(0o755)
        data.mkdir(exist_ok=True)
        shutil.chown(data, user)
        as_user = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    else:
        data.mkdir(exist_ok=True)
    data.chmod(0o700)

    def run(*command: str) -> None:
        subprocess.run(command, stdout=subprocess.DEVNULL, cwd=data, check=True, timeout=120, **as_user)

    if not (data / "PG_VERSION").exists():
        run(str(programs / "initdb"), "-D", str(data), "-U", "twelvefold", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={data} {SETTINGS}"
    run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-t", "60", "-l", str(data / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://twelvefold@127.0.0.1:{port}/postgres"
    finally:
        run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-m", "fast", "stop")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
