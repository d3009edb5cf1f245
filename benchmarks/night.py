"""A night over 10,000 mentions of a drop folder, the model left out: `python benchmarks/night.py`. Target: 20 s.

A judge that answers at once stands for the model, so all other stages are timed as they are: reading the file in its
child process, normalising, telling the language, storing, linking duplicates, opening cases, rolling up, the digest.
"""

from __future__ import annotations

import csv
import hashlib
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from twelvefold.config import load_configuration
from twelvefold.pipeline.night import NightRun
from twelvefold.records import Judgement, Sentiment
from twelvefold.storage.engine import open_database

SENTENCES = (
    "The kettle works well and arrived on time, number {n}.",
    "La bouilloire numéro {n} fuit et personne ne répond à mes messages.",
    "第{n}個水壺很好用，下次還會再買。",
    "Parcel {n} arrived on Tuesday.",
)


class InstantJudge:
    """Answers by hash, at once."""

    model = "instant/1"

    def score(
        self,
        texts: Sequence[str],
        stars: Sequence[float | None] | None = None,
        languages: Sequence[str | None] | None = None,
        content_hashes: Sequence[str] | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> list[Judgement]:
        """Return a judgement for each text that has nothing to do with it."""
        del stars, languages, progress
        hashes = content_hashes or [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        return [self._judge(content_hash) for content_hash in hashes]

    def _judge(self, content_hash: str) -> Judgement:
        is_bad = int(content_hash[:4], 16) % 10 == 0
        label = Sentiment.NEGATIVE if is_bad else Sentiment.POSITIVE
        return Judgement(content_hash, self.model, label, float(is_bad), 0.0, float(not is_bad), 1.0)


def main() -> None:
    """Print the seconds of a first and of a second night over the same file."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "drop.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "text", "rating", "date", "author"])
            for n in range(count):
                text = SENTENCES[n % len(SENTENCES)].format(n=n)
                writer.writerow([n, text, n % 5 + 1, f"2026-{n % 10 + 1:02d}-{n % 28 + 1:02d}", f"Reader {n}"])
        (folder / "config.yaml").write_text(
            "brands: [{name: Kettles, sources: [{name: drop, kind: files, paths: [drop.csv]}]}]"
        )
        configuration = load_configuration(folder / "config.yaml")
        database = open_database(configuration.database_url())
        for which in ("first", "second"):
            started = time.perf_counter()
            run = NightRun(database, configuration, configuration.brands[0], scorer=InstantJudge)  # type: ignore[arg-type]
            run.__dict__["model"] = InstantJudge.model
            report = run.run()
            seconds = time.perf_counter() - started
            assert report is not None
            source = report.sources[0]
            print(
                f"{which} night: {seconds:.1f} s, {report.state}, new {source.new}, seen again {source.seen_again}, "
                f"judged {report.judged}"
            )
        database.close()


if __name__ == "__main__":
    main()
