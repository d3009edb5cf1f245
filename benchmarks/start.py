"""How long `twelvefold --help` takes: `python benchmarks/start.py`. Target: 0.3 s."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time


def main() -> None:
    """Print the median and the range of 15 starts."""
    command = [sys.executable, "-m", "twelvefold", "--help"]
    times = []
    for _ in range(15):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    print(f"twelvefold --help: median {statistics.median(times):.3f} s ({min(times):.3f} to {max(times):.3f})")


if __name__ == "__main__":
    main()
