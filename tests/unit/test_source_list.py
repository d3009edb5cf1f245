"""docs/sources.md says what the adapters say, and explains every key."""

from pathlib import Path

import pytest

from twelvefold.crawlers.source import kinds, source_class
from twelvefold.crawlers.source_list import keys_of, section, source_list

SOURCES = Path(__file__).parents[2] / "docs" / "sources.md"


def test_the_page_is_up_to_date():
    mend = "write it anew: python -m twelvefold.crawlers.source_list > docs/sources.md"
    assert SOURCES.read_text("utf-8") == source_list(), mend


@pytest.mark.parametrize("kind", kinds())
def test_every_key_of_a_kind_is_explained(kind):
    assert [name for name, _, meaning in keys_of(source_class(kind).Options) if not meaning] == []


@pytest.mark.parametrize("kind", kinds())
def test_a_section_tells_the_terms_and_what_completeness_means(kind):
    told = section(source_class(kind))
    assert told.startswith(f"## `{kind}`\n")
    assert source_class(kind).statement.terms in told
    assert "- Completeness: " in told
