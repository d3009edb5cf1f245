"""Every kind reads its recorded cases: tests/fixtures/<kind>/<case>/ with page.* and case.json."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twelvefold.config import SourceSettings
from twelvefold.crawlers.charset import decode
from twelvefold.crawlers.source import Page, WebSource, identity_key, kinds, source_class

sys.path.insert(0, str(Path(__file__).parents[1] / "server"))
from signing_keys import with_keys

FIXTURES = Path(__file__).parents[1] / "fixtures"
COMPARED = ("external_id", "author", "title", "text", "rating", "rating_best", "rating_worst", "published", "language")
COMPARED += ("url", "subject", "verified", "reply_text", "reply_at")
CASES = sorted(
    folder
    for kind in kinds()
    if issubclass(source_class(kind), WebSource)
    for folder in (FIXTURES / kind).glob("*")
    if folder.is_dir()
)


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_has_a_fixture_folder(kind):
    assert any((FIXTURES / kind).glob("*/*")), f"tests/fixtures/{kind}/ holds no case"


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_case_reads_as_expected(folder):
    case = json.loads((folder / "case.json").read_text("utf-8"))
    kind = folder.parent.name
    adapter = source_class(kind)(SourceSettings(name="s", kind=kind, options=with_keys(case["options"])))
    body = next(folder.glob("page.*")).read_bytes()
    page = Page(
        url=case["page"]["url"],
        status=case["page"].get("status", 200),
        headers=case["page"]["headers"],
        body=body,
        text=decode(body, case["page"]["headers"].get("content-type")),
        context=case["page"]["context"],
        retrieved_at=datetime(2026, 11, 1, tzinfo=UTC),
    )

    reading = adapter.read(page)

    expected = case["expected"]
    assert len(reading.mentions) == len(expected["mentions"])
    for mention, wanted in zip(reading.mentions, expected["mentions"], strict=True):
        wanted = {"url": page.url, **wanted}
        assert {name: getattr(mention, name) for name in COMPARED} == {name: wanted.get(name) for name in COMPARED}
    assert len({identity_key(mention) for mention in reading.mentions}) == len(reading.mentions)
    assert "author" not in json.dumps([dict(mention.payload) for mention in reading.mentions])
    assert len(reading.rejected) == expected.get("rejected", 0)
    assert (reading.status or "none") == expected.get("status", "none")
    assert [fetch.url for fetch in reading.follow] == expected.get("follow", [])
    assert reading.total_told == expected.get("total_told")
    assert reading.reached_end == expected.get("reached_end", False)
    assert reading.overflow == expected.get("overflow", False)
    assert list(reading.removed) == expected.get("removed", [])
