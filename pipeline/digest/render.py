"""A digest in a language and a format: one HTML file that mail programs show, plain text, or JSON."""

from __future__ import annotations

import json
import re
from importlib import resources

from jinja2 import Environment, StrictUndefined

from twelvefold.errors import CallerMistake
from twelvefold.pipeline.digest import picture
from twelvefold.pipeline.digest.build import Digest
from twelvefold.pipeline.digest.plain import plain_text
from twelvefold.pipeline.digest.view import View, view
from twelvefold.pipeline.digest.words import Words, words

FORMATS = ("html", "text", "json")
_HYPHEN_AS_MINUS = re.compile(r"(?<![\w\-])-(?=\d)")


def render(digest: Digest, language: str, form: str) -> bytes:
    """Return the digest as UTF-8; the same digest always gives the same bytes.

    JSON is the same in every language.

    Raises:
        UnknownName: The digest does not speak `language`.
        CallerMistake: `form` is none of FORMATS.
    """
    spoken = words(language)
    if form == "json":
        return (json.dumps(digest.document(), ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()
    said = view(digest, spoken)
    if form == "text":
        return plain_text(said, spoken).encode()
    if form == "html":
        return _html(digest, said, spoken).encode()
    raise CallerMistake(f"the digest has no format {form!r}; choose one of {', '.join(FORMATS)}")


def _html(digest: Digest, said: View, spoken: Words) -> str:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals["_"] = spoken.gettext
    environment.filters["minus"] = lambda text: _HYPHEN_AS_MINUS.sub("−", text)
    source = resources.files("twelvefold.pipeline.digest.templates").joinpath("digest.html").read_text("utf-8")
    return environment.from_string(source).render(
        said=said,
        scale=picture.scale(digest.standing.index.estimate, said.scale_words),
        trend=picture.trend(digest.trend, "; ".join(said.trend)),
        disc=picture.disc,
    )
