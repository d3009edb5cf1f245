"""A whole night over recordings of real pages, feeds and survey exports: `python benchmarks/corpus_night.py FOLDER`.

FOLDER is the recordings' folder (`TWELVEFOLD_CORPUS`, or `../shared/corpus` beside the repository, by default). Each
recording of `schema_org/` and `apple_rss/` is served on loopback as a source of its own, the exports of `survey/` are
imported, and what `run`, `health` and `digest` print is written below `--out`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "server"))

from loopback_site import Answer, LoopbackSite  # noqa: E402

FEED = "/rss/customerreviews/page=1/id=1/sortby=mostrecent/"


def twelvefold(folder: Path, *arguments: str) -> str:
    """Return what a command printed; exit code 1 (a part failed) is no error here."""
    done = subprocess.run([sys.executable, "-m", "twelvefold", *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    return done.stdout


def main() -> None:
    """Run the night and write run.json, health.json, health.txt and the digest."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(os.environ.get("TWELVEFOLD_CORPUS") or ROOT / ".." / "shared" / "corpus")
    parser.add_argument("corpus", type=Path, nargs="?", default=default)
    parser.add_argument("--out", type=Path, default=Path("corpus-night"))
    wish = parser.parse_args()
    shutil.rmtree(wish.out, ignore_errors=True)
    wish.out.mkdir(parents=True)
    sources: list[dict[str, object]] = []
    with LoopbackSite() as site:
        site.routes["*"] = Answer('{"feed": {}}')  # a page past the end of a feed
        site.routes["/robots.txt"] = Answer("", 404)
        for page in sorted((wish.corpus / "schema_org").glob("*.html")):
            site.routes[f"/{page.name}"] = Answer(page.read_bytes(), type="text/html")
            sources.append({"name": page.stem, "kind": "schema_org", "urls": [f"{site.url}/{page.name}"]})
        for feed in sorted(path for path in (wish.corpus / "apple_rss").iterdir() if ".expected." not in path.name):
            place = f"/{feed.stem}/us{FEED}"
            site.routes[place + "json"] = Answer("{}")
            site.routes[place + feed.suffix.removeprefix(".")] = Answer(feed.read_bytes(), type=None)
            base = f"{site.url}/{feed.stem}"
            sources.append({"name": feed.stem, "kind": "app_store", "base_url": base, "app_id": 1, "countries": ["us"]})
        for export in (wish.corpus / "survey").glob("*.csv"):
            shutil.copy(export, wish.out)
        surveys = [{"match": "nps_*.csv", "measure": "nps"}, {"match": "*.csv"}]
        brand = {"name": "Recordings", "zone": "Europe/Paris", "sources": sources, "surveys": surveys}
        settings = {"network": {"allow_private": True, "delay_s": 0}, "brands": [brand]}
        (wish.out / "config.yaml").write_text(json.dumps(settings), "utf-8")
        for name, arguments in {
            "run.json": ("run", "--json"),
            "second-run.json": ("run", "--json"),
            "health.json": ("health", "--json"),
            "health.txt": ("health",),
            "digest.html": ("digest",),
            "digest.txt": ("digest", "--format", "text"),
        }.items():
            (wish.out / name).write_text(twelvefold(wish.out, *arguments), "utf-8")
    for name in ("run.json", "second-run.json"):
        report = json.loads((wish.out / name).read_text("utf-8"))
        totals = {key: sum(source[key] for source in report["sources"]) for key in ("new", "seen_again", "rejected")}
        print(name, report["state"], totals, "judged", report["judged"], "from cache", report["from_cache"])
        for source in report["sources"]:
            if name == "run.json":
                print(f"  {source['source']:<34}{source['status']:<15}{source['new']:>4}  {source['message'][:110]}")
    print((wish.out / "health.txt").read_text("utf-8"))


if __name__ == "__main__":
    main()
