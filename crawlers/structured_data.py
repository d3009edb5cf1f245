"""The schema.org nodes of a page, from JSON-LD, microdata and RDFa, in one shape.

A node is a dict: "@type" is a list of type names without their vocabulary,
"@id" the node's name where it has one; every other key is a property without
its vocabulary, and its value a string, a number, a node or a list of these.
References by "@id" are resolved.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twelvefold.crawlers.json_ld import json_ld_values

Node = dict[str, Any]

_VOCABULARY = re.compile(r"^(?:https?://(?:www\.)?schema\.org/|schema:)", re.IGNORECASE)
_RDFA_REVIEW = re.compile(r"typeof\s*=\s*[\"'][^\"'<>]*(?:Review|Rating|review|rating)")
_RDFA_SCHEMA = re.compile(
    r"(?:vocab|prefix|xmlns:\w+)\s*=\s*[\"'][^\"'<>]*schema\.org|typeof\s*=\s*[\"'][^\"'<>]*schema:"
)

_MOST_ITEMS = 3_000
_MOST_RDFA_NODES = 500
"""The readers of microdata and RDFa take more than linear time: no page has so much of it for its readers' sake."""


@dataclass(frozen=True)
class StructuredData:
    """What a page's markup says.

    Attributes:
        nodes: Top-level nodes by syntax: "json-ld", "microdata", "rdfa".
        problems: What could not be read, and why.
        lost_reviews: A block that could not be read speaks of reviews.
    """

    nodes: dict[str, list[Node]]
    problems: tuple[str, ...] = ()
    lost_reviews: bool = False


def structured_data(text: str, base_url: str) -> StructuredData:
    """Return the nodes of a page; syntaxes whose marks do not occur cost next to nothing.

    Where one syntax cannot be read, the others still are.
    """
    values, broken = json_ld_values(text)
    problems = [f"a JSON-LD block cannot be read ({block.reason})" for block in broken]
    readers: dict[str, Callable[[], list[Node]]] = {"json-ld": lambda: _json_ld(values)}
    if any(mark in text for mark in ("itemscope", "itemScope", "ITEMSCOPE")):
        readers["microdata"] = lambda: _microdata(text, base_url)
    if _RDFA_REVIEW.search(text) and _RDFA_SCHEMA.search(text):
        readers["rdfa"] = lambda: _rdfa(text, base_url)
    nodes: dict[str, list[Node]] = {}
    for syntax, read in readers.items():
        try:
            nodes[syntax] = read()
        except Exception as exc:  # noqa: BLE001 - the boundary of an item: foreign readers meet hostile markup here
            problems.append(f"its {syntax} cannot be read ({type(exc).__name__}: {exc})")
    return StructuredData(nodes, tuple(problems), any(block.speaks_of_reviews for block in broken))


def json_ld_document(value: Any) -> StructuredData:
    """Return the nodes of a document that is JSON-LD as a whole."""
    return StructuredData({"json-ld": _json_ld([value])})


def types_of(node: Node) -> list[str]:
    """Return the type names of a node."""
    types = node.get("@type", [])
    return types if isinstance(types, list) else []


def listed(value: Any) -> list[Any]:
    """Return the values of a property: none, one or several."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _json_ld(values: list[Any]) -> list[Node]:
    """Return the nodes of JSON-LD values."""
    return _linked([_shaped(value) for value in _flattened(values)])


def _bare(name: Any) -> str:
    """Return a property's name without its vocabulary."""
    return _VOCABULARY.sub("", str(name)).rstrip("/")


def _type_name(name: Any) -> str:
    """Return a type's name without its vocabulary, whichever that is."""
    return re.split(r"[/#:]", str(name).rstrip("/"))[-1]


def _flattened(values: list[Any]) -> list[Node]:
    """Return the top-level nodes of JSON-LD values: lists and graphs opened."""
    nodes: list[Node] = []
    pending = list(reversed(values))
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(reversed(value))
        elif isinstance(value, dict):
            graph = value.get("@graph")
            if graph is not None:
                pending.append(graph)
            if graph is None or "@type" in value:
                nodes.append({key: item for key, item in value.items() if key != "@graph"})
    return nodes


def _shaped(value: Any) -> Any:
    """Return a JSON-LD value in the common shape."""
    if isinstance(value, list):
        return [_shaped(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "@value" in value:
        return value["@value"]
    if set(value) == {"@list"} or set(value) == {"@set"}:
        return _shaped(next(iter(value.values())))
    shaped: Node = {}
    for key, item in value.items():
        if key == "@type":
            shaped["@type"] = [_type_name(name) for name in listed(item)]
        elif key.startswith("@"):
            shaped[key] = item
        else:
            shaped[_bare(key)] = _shaped(item)
    return shaped


def _linked(nodes: list[Any]) -> list[Node]:
    """Resolve references: a node that is nothing but an "@id" becomes the node of that name."""
    named: dict[str, Node] = {}
    pending: list[Any] = list(nodes)
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            name = value.get("@id")
            if isinstance(name, str) and len(value) > len(named.get(name, {"@id": name})):
                named[name] = value
            pending.extend(value.values())

    seen: set[int] = set()
    pending = list(nodes)
    while pending:
        value = pending.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, list):
            value[:] = [_referred(item, named) for item in value]
            pending.extend(value)
        elif isinstance(value, dict):
            for key in value:
                value[key] = _referred(value[key], named)
            pending.extend(value.values())
    return [node for node in nodes if isinstance(node, dict)]


def _referred(value: Any, named: dict[str, Node]) -> Any:
    """Return the node that a reference stands for, or the value itself."""
    if isinstance(value, dict) and set(value) == {"@id"} and isinstance(value["@id"], str):
        return named.get(value["@id"], value)
    return value


def _microdata(text: str, base_url: str) -> list[Node]:
    """Return the microdata items of a page.

    Raises:
        ValueError: There are more than any page needs.
    """
    if (count := text.lower().count("itemscope")) > _MOST_ITEMS:
        raise ValueError(f"it has {count} items, more than {_MOST_ITEMS}")
    from twelvefold.crawlers.microdata import microdata_items  # loads extruct: only for pages that carry microdata

    return [_item(item) for item in microdata_items(text, base_url)]


def _item(value: Any) -> Any:
    """Return a microdata item, or a value inside one, in the common shape."""
    if isinstance(value, list):
        return [_item(part) for part in value]
    if not isinstance(value, dict):
        return value
    node: Node = {"@type": [_type_name(name) for name in listed(value.get("type"))]}
    if "id" in value:
        node["@id"] = value["id"]
    if "properties" not in value and isinstance(value.get("value"), str):
        node["name"] = value["value"]
    for name, part in value.get("properties", {}).items():
        parts = [_item(one) for one in listed(part) if one is not None]
        node[_bare(name)] = parts[0] if len(parts) == 1 else parts
    return node


def _rdfa(text: str, base_url: str) -> list[Node]:
    """Return the RDFa nodes of a page; RDF knows no order.

    Raises:
        ValueError: There are more than any page needs.
    """
    if (count := text.lower().count("typeof")) > _MOST_RDFA_NODES:
        raise ValueError(f"it has {count} nodes, more than {_MOST_RDFA_NODES}")
    from extruct.rdfa import RDFaExtractor  # loads rdflib: only for pages that carry RDFa

    expanded = RDFaExtractor().extract(text.replace("\x00", "").encode("utf-8", "replace"), base_url=base_url)
    nodes = _linked([_unwrapped(_shaped(node)) for node in expanded])
    inner = {id(part) for node in nodes for value in node.values() for part in listed(value) if isinstance(part, dict)}
    return [node for node in nodes if id(node) not in inner]


def _unwrapped(node: Any) -> Any:
    """Return an expanded node with lists of one value opened."""
    if not isinstance(node, dict):
        return node
    return {
        key: value[0] if key != "@type" and isinstance(value, list) and len(value) == 1 else value
        for key, value in node.items()
    }
