"""config.yaml into frozen settings; an unknown key names the nearest known one."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from twelvefold.errors import ConfigError, UnknownName

DigestLanguage = Literal["en", "fr", "zh-Hant"]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
PostingRate = Annotated[float, Field(gt=0, le=1e6)]
SOURCE_FIELDS = frozenset(
    {"name", "kind", "subject", "weight", "language", "posting_rates", "every", "budget", "base_url"}
)
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Settings(BaseModel):
    """What all parts of the configuration share: frozen, and no unknown key."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Network(Settings):
    """How Twelvefold behaves towards other people's servers."""

    user_agent: str = "twelvefold/0.1 (+https://github.com/twelvefold/twelvefold)"
    delay_s: float = Field(default=1.0, ge=0)
    allow_private: bool = False


class HubModel(Settings):
    """A sequence classifier from a model hub, pinned to a revision."""

    hub: str
    revision: str
    labels: dict[str, Literal["negative", "neutral", "positive"]] = {}


class Rule(Settings):
    """The twelvefold rule: `k` praises make up for one unresolved complaint.

    Attributes:
        posting_range: Between which ratios, unhappy over happy, customers may post: the ends of the band.
    """

    k: float = Field(default=12, gt=0)
    resolved_weight: float = Field(default=1, ge=0)
    half_life_days: float = Field(default=90, gt=0)
    posting_range: tuple[PostingRate, PostingRate] = (0.1887, 5.3)

    @field_validator("posting_range")
    @classmethod
    def _range_rises(cls, ends: tuple[float, float]) -> tuple[float, float]:
        if ends[0] > ends[1]:
            raise ValueError(f"a range runs from the lower to the higher ratio, not from {ends[0]:g} to {ends[1]:g}")
        return ends


class Night(Settings):
    """When the nightly run is due, in the brand's zone."""

    at: Clock = "03:00"


class Digest(Settings):
    """When the weekly digest is due, and who gets it."""

    day: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = "monday"
    at: Clock = "07:00"
    to: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()


class SurveySettings(Settings):
    """How a survey export is read.

    Attributes:
        match: A file name pattern, as `export-*.csv`.
        mapping: Our field (id, score, comment, date ...) to the file's column.
    """

    match: str
    mapping: dict[str, str] = {}
    measure: Literal["nps", "csat", "ces"] | None = None
    scale: tuple[float, float] | None = None


class SqlSettings(Settings):
    """A shop's own database, asked each night.

    Attributes:
        url: As SQLAlchemy takes it, with the password from the environment.
        customers, orders: The queries, one SELECT each, whose columns are those of an import file.
    """

    url: str
    customers: str | None = None
    orders: str | None = None


class CustomerSettings(Settings):
    """What the customer figures need to know.

    Attributes:
        weight_by: A segment column of the customer file by whose sizes the NPS is weighted too.
        mapping: Our field (customer_id, since, cancelled, segments) to the customer file's column.
        order_mapping: Likewise of the file of orders (order_id, customer_id, ordered, amount, margin).
    """

    lost_after_days: int = Field(default=180, gt=0)
    abc: tuple[float, float] = (80, 95)
    acquisition_cost: float | None = None
    weight_by: str | None = None
    mapping: dict[str, str] = {}
    order_mapping: dict[str, str] = {}
    sql: SqlSettings | None = None


class Budget(Settings):
    """What one crawl of one source may take."""

    pages: int = Field(default=200, gt=0)
    minutes: float = Field(default=20, gt=0)
    megabytes: float = Field(default=200, gt=0)


class SourceSettings(Settings):
    """One configured source.

    Attributes:
        options: The keys of its own kind, checked by the adapter.
        every: Days between two crawls; 1 is each night.
        base_url: Puts another server in the place of the real one.
        posting_rates: How often unhappy, indifferent and happy customers post there, up to a common factor.
    """

    name: str = Field(min_length=1, max_length=100)
    kind: str
    subject: str | None = None
    weight: float = Field(default=1, ge=0)
    language: str | None = None
    posting_rates: tuple[PostingRate, PostingRate, PostingRate] | None = None
    every: int = Field(default=1, ge=1)
    budget: Budget = Field(default_factory=Budget)
    base_url: str | None = None
    options: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _gather_options(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "options" in given:
            return given
        return {
            **{key: value for key, value in given.items() if key in SOURCE_FIELDS},
            "options": {key: value for key, value in given.items() if key not in SOURCE_FIELDS},
        }


class Brand(Settings):
    """One brand: its zone, its language, its sources."""

    name: str = Field(min_length=1, max_length=200)
    zone: str = "UTC"
    language: DigestLanguage = "en"
    night: Night = Field(default_factory=Night)
    digest: Digest = Field(default_factory=Digest)
    surveys: tuple[SurveySettings, ...] = ()
    customers: CustomerSettings = Field(default_factory=CustomerSettings)
    sources: tuple[SourceSettings, ...] = ()

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        if zone not in available_timezones():
            near = difflib.get_close_matches(zone, sorted(available_timezones()), 1)
            hint = f"; did you mean {near[0]}?" if near else " (an IANA zone, as Europe/Paris)"
            raise ValueError(f"no time zone is called {zone!r}{hint}")
        return zone

    @field_validator("sources")
    @classmethod
    def _names_are_unique(cls, sources: tuple[SourceSettings, ...]) -> tuple[SourceSettings, ...]:
        seen: set[str] = set()
        for source in sources:
            if source.name in seen:
                raise ValueError(f"two sources are called {source.name!r}; give each its own name")
            seen.add(source.name)
        return sources

    @property
    def time_zone(self) -> ZoneInfo:
        """The reporting zone."""
        return ZoneInfo(self.zone)

    def source(self, name: str) -> SourceSettings:
        """Return the source called `name`.

        Raises:
            UnknownName: There is none; the message lists those that exist.
        """
        for source in self.sources:
            if source.name == name:
                return source
        known = ", ".join(source.name for source in self.sources) or "none"
        raise UnknownName(f"brand {self.name!r} has no source {name!r}; it has: {known}")


class Configuration(Settings):
    """All of config.yaml.

    Attributes:
        folder: Where the file lies; relative paths are relative to it.
    """

    database: str = "sqlite:///twelvefold.db"
    network: Network = Field(default_factory=Network)
    model: str | HubModel = "default"
    rule: Rule = Field(default_factory=Rule)
    brands: tuple[Brand, ...] = Field(min_length=1)
    folder: Path = Path()

    @field_validator("brands")
    @classmethod
    def _brands_are_unique(cls, brands: tuple[Brand, ...]) -> tuple[Brand, ...]:
        names = [brand.name for brand in brands]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two brands are called {name!r}; give each its own name")
        return brands

    def brand(self, name: str) -> Brand:
        """Return the brand called `name`.

        Raises:
            UnknownName: There is none; the message lists those that exist.
        """
        for brand in self.brands:
            if brand.name == name:
                return brand
        raise UnknownName(f"no brand is called {name!r}; there are: {', '.join(b.name for b in self.brands)}")

    def path(self, relative: str) -> Path:
        """Return `relative` as a path beside the configuration file."""
        return (self.folder / Path(relative).expanduser()).resolve()

    def database_url(self) -> str:
        """Return the database's URL; a relative SQLite path is relative to the configuration file."""
        prefix = "sqlite:///"
        path = self.database.removeprefix(prefix)
        if not self.database.startswith(prefix) or path in ("", ":memory:") or path.startswith("/"):
            return self.database
        return prefix + str(self.path(path))


def load_configuration(file: Path | None = None) -> Configuration:
    """Read `file`, else `config.yaml` in the current folder, else the packaged default.

    Raises:
        ConfigError: One sentence that names the key, what is wrong with it and the mend.
    """
    if file is None and Path("config.yaml").is_file():
        file = Path("config.yaml")
    if file is None:
        text, folder, label = packaged_default(), Path.cwd(), "the packaged configuration"
    else:
        try:
            text = file.read_text("utf-8")
        except OSError as exc:
            raise ConfigError(f"cannot read {file}: {exc.strerror}") from exc
        except UnicodeDecodeError as exc:
            raise ConfigError(f"{file} is not UTF-8 text: save it as UTF-8") from exc
        folder, label = file.resolve().parent, str(file)
    return parse_configuration(text, folder, label)


def packaged_default() -> str:
    """Return the text of the default configuration."""
    return resources.files("twelvefold").joinpath("default.yaml").read_text("utf-8")


def parse_configuration(text: str, folder: Path, label: str = "config.yaml") -> Configuration:
    """Return the settings that YAML `text` gives.

    Raises:
        ConfigError: See `load_configuration`.
    """
    try:
        given = yaml.safe_load(text)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        problem = getattr(exc, "problem", None) or "it cannot be parsed"
        raise ConfigError(f"{label} is not valid YAML{place}: {problem}") from exc
    if not isinstance(given, dict):
        raise ConfigError(f"{label} holds no settings: it should start with a key such as 'brands:'")
    filled = _fill_variables(given, label, ())
    if "folder" in filled:
        raise ConfigError(f"{label}: unknown key 'folder'; take it out")
    try:
        return Configuration.model_validate({**filled, "folder": folder})
    except ValidationError as exc:
        raise ConfigError(f"{label}: {explain(exc, Configuration)}") from exc


def _fill_variables(value: Any, label: str, path: tuple[str, ...]) -> Any:
    """Replace `${NAME}` in every string by the environment's value."""
    if isinstance(value, dict):
        return {str(key): _fill_variables(item, label, (*path, str(key))) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill_variables(item, label, (*path, str(number))) for number, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def replacement(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise ConfigError(
                f"{label}: {'.'.join(path)} asks for ${{{name}}}, but that variable is not set: export it"
            )
        return os.environ[name]

    return _VARIABLE.sub(replacement, value)


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """Return the first problem of `error` as one sentence that names the key and the mend.

    Values are left out, as they may be secrets.
    """
    problem = error.errors(include_url=False, include_context=True)[0]
    place = [str(part) for part in problem["loc"] if part not in ("function-before", "HubModel", "str")]
    where = ".".join(place)
    if problem["type"] == "extra_forbidden":
        known = sorted(_known_keys(model, problem["loc"][:-1]))
        near = difflib.get_close_matches(place[-1], known, 1, 0.5)
        mend = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        return f"unknown key {where!r}; {mend}"
    if problem["type"] == "missing":
        return f"{where} is missing"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {message[0].lower()}{message[1:]}"


def _known_keys(model: type[BaseModel], path: tuple[int | str, ...]) -> Iterator[str]:
    """Yield the keys that the model at `path` below `model` knows."""
    here: type[BaseModel] | None = model
    for part in path:
        if isinstance(part, str) and here and part in here.model_fields:
            here = _model_inside(here.model_fields[part].annotation) or here
    if here is not None:
        yield from (name for name in here.model_fields if name not in ("folder", "options"))


def _model_inside(annotation: Any) -> type[BaseModel] | None:
    """Return the first settings class inside a type annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        if found := _model_inside(part):
            return found
    return None


def redact(text: str, secrets: Mapping[str, str] | None = None) -> str:
    """Return `text` with passwords in URLs and the given secret values blotted out."""
    text = re.sub(r"(?<=://)([^/\s:@]+):([^@\s]+)@", r"\1:***@", text)
    for secret in (secrets or {}).values():
        if len(secret) > 3:
            text = text.replace(secret, "***")
    return text
