"""Bytes to text, for pages that lie about their charset."""

from __future__ import annotations

from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    resolve_encoding,
)

_TOLERATED = 200
"""A text with at most one broken byte in this many is that charset all the same, cut or spliced."""


def decode(body: bytes, content_type: str | None = None) -> str:
    """Return the text of `body`.

    A byte order mark decides. Else bytes that are valid UTF-8 are UTF-8,
    whatever is declared: no other charset's text passes for it by chance. Else
    the first declared charset that fits decides, the HTTP header's before the
    page's own. Where none fits, broken UTF-8 is told from Western bytes by how
    much of it is broken.
    """
    marked, mark = read_bom(body)
    if marked and mark:
        return body[len(mark) :].decode(marked, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = [http_content_type_encoding(content_type), html_body_declared_encoding(body)]
    for name in declared:
        charset = resolve_encoding(name) if name else None
        if charset and charset != "utf-8":
            text = body.decode(charset, "replace")
            if text.count("\ufffd") * _TOLERATED <= len(text):
                return text
    text = body.decode("utf-8", "replace")
    return text if text.count("\ufffd") * _TOLERATED <= len(text) else body.decode("cp1252", "replace")
