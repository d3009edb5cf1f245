"""Sitemaps (sitemaps.org, protocol 0.9): XML or plain text, packed or not, within bounds."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import lxml.etree

_LARGEST = 50_000_000
"""The protocol's own limit for an unpacked sitemap, in bytes."""


class SitemapError(ValueError):
    """The document is no sitemap."""


@dataclass(frozen=True)
class Sitemap:
    """What a sitemap names: pages, those changed last first, and further sitemaps."""

    pages: tuple[str, ...]
    indexes: tuple[str, ...]


def read_sitemap(body: bytes) -> Sitemap:
    """Return what the sitemap `body` names.

    Raises:
        SitemapError: It is none, or unpacks to more than a sitemap may hold.
    """
    if body[:2] == b"\x1f\x8b":
        body = _unpacked(body)
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = body.decode("utf-8", "replace").split()
        if not lines or not all(line.startswith(("http://", "https://")) for line in lines):
            raise SitemapError("it is neither XML nor a list of addresses")
        return Sitemap(tuple(lines), ())
    parser = lxml.etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    root = lxml.etree.fromstring(body, parser)
    if root is None or _name(root) not in ("urlset", "sitemapindex"):
        raise SitemapError("its root is neither urlset nor sitemapindex")
    entries = [(_child(entry, "lastmod"), _child(entry, "loc")) for entry in root]
    newest_first = sorted((entry for entry in entries if entry[1]), key=lambda entry: entry[0], reverse=True)
    addresses = tuple(dict.fromkeys(address for _, address in newest_first))
    return Sitemap(addresses, ()) if _name(root) == "urlset" else Sitemap((), addresses)


def _unpacked(body: bytes) -> bytes:
    """Return gzipped bytes unpacked."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacker.decompress(body, _LARGEST)
    except zlib.error as exc:
        raise SitemapError(f"it cannot be unpacked: {exc}") from exc
    if unpacker.unconsumed_tail:
        raise SitemapError(f"it unpacks to more than {_LARGEST} bytes")
    return unpacked


def _name(element: lxml.etree._Element) -> str:
    """Return an element's name without its namespace; comments have none."""
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def _child(entry: lxml.etree._Element, name: str) -> str:
    """Return the text of an entry's child, or ""."""
    return next(((child.text or "").strip() for child in entry if _name(child) == name), "")
