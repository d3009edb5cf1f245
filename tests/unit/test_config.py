from pathlib import Path

import pytest

from twelvefold.config import Configuration, load_configuration, packaged_default, parse_configuration, redact
from twelvefold.errors import ConfigError, UnknownName
from twelvefold.terminal import read_configuration

ROOT = Path(__file__).parents[2]


def parse(text: str) -> Configuration:
    return parse_configuration(text, Path("/etc/brand"))


def test_the_packaged_default_is_the_annotated_file_of_the_repository() -> None:
    assert packaged_default() == (ROOT / "config.yaml").read_text("utf-8")


def test_every_key_of_the_default_stands_at_its_default() -> None:
    packaged = parse(packaged_default())
    smallest = parse("brands: [{name: My brand}]")
    assert packaged == smallest


def test_only_the_name_of_a_brand_is_needed() -> None:
    configuration = parse("brands: [{name: Acme}]")
    assert configuration.rule.k == 12
    assert configuration.brand("Acme").night.at == "03:00"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("brands: [{name: A}]\ndatabse: x", ["databse", "did you mean 'database'"]),
        ("brands: [{name: A, zome: UTC}]", ["brands.0.zome", "did you mean 'zone'"]),
        ("brands: [{name: A}]\nrule: {hlaf_life_days: 3}", ["rule.hlaf_life_days", "half_life_days"]),
        ("brands: [{name: A, zone: Europe/Pariss}]", ["brands.0.zone", "Europe/Paris"]),
        ("brands: [{}]", ["brands.0.name is missing"]),
        ("brands: []", ["brands"]),
        ("brands: [{name: A}]\nrule: {k: -1}", ["rule.k", "greater than 0"]),
        ("brands: [{name: A, night: {at: '25:00'}}]", ["brands.0.night.at"]),
        ("brands: [{name: A}, {name: A}]", ["two brands are called 'A'"]),
        ("brands: [{name: A, sources: [{name: s, kind: files}, {name: s, kind: files}]}]", ["two sources", "'s'"]),
        ("brands: [{name: '${NO_SUCH_VARIABLE}'}]", ["NO_SUCH_VARIABLE", "export it"]),
        ("brands: [", ["not valid YAML", "line 1"]),
        ("just words", ["holds no settings"]),
        ("folder: /tmp\nbrands: [{name: A}]", ["folder"]),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_key(text: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_values_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRAND_NAME", "Acme")
    assert parse("brands: [{name: 'The ${BRAND_NAME} shop'}]").brands[0].name == "The Acme shop"


def test_keys_of_a_source_kind_are_gathered_as_options() -> None:
    source = (
        parse("brands: [{name: A, sources: [{name: s, kind: app_store, app_id: 5, weight: 2}]}]").brands[0].sources[0]
    )
    assert source.options == {"app_id": 5}
    assert source.weight == 2


def test_relative_paths_are_relative_to_the_file() -> None:
    configuration = parse("brands: [{name: A}]\ndatabase: sqlite:///data/a.db")
    assert configuration.database_url() == "sqlite:////etc/brand/data/a.db"
    assert parse("brands: [{name: A}]\ndatabase: sqlite:////var/a.db").database_url() == "sqlite:////var/a.db"


def test_a_missing_file_is_said_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        load_configuration(tmp_path / "nowhere.yaml")


def test_an_unknown_brand_or_source_lists_those_that_exist() -> None:
    configuration = parse("brands: [{name: A, sources: [{name: shop, kind: files}]}]")
    with pytest.raises(UnknownName, match="there are: A"):
        configuration.brand("B")
    with pytest.raises(UnknownName, match="it has: shop"):
        configuration.brands[0].source("app")


def test_an_unknown_kind_or_key_of_a_source_names_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("brands: [{name: A, sources: [{name: s, kind: schema_orgg, urls: ['https://shop.example']}]}]")
    with pytest.raises(ConfigError, match="schema_org"):
        read_configuration(file)
    file.write_text("brands: [{name: A, sources: [{name: s, kind: schema_org, url: 'https://shop.example'}]}]")
    with pytest.raises(ConfigError, match="urls"):
        read_configuration(file)


def test_passwords_are_blotted_out() -> None:
    assert redact("postgresql+psycopg://me:secret@host/db is down") == "postgresql+psycopg://me:***@host/db is down"
    assert "hunter2" not in redact("the key hunter2 failed", {"KEY": "hunter2"})
