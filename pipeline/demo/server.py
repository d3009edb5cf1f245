"""The sample sites on loopback, and the folder of settings and files that goes with them.

Nothing here depends on the clock: the reviews' days are fixed, from 12 October to
21 November 2026, so that 2026-W47 is the week that the demo's digest tells of.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from twelvefold.pipeline.demo.app_feed import customer_reviews
from twelvefold.pipeline.demo.catalogue import catalogue, packaged_text
from twelvefold.pipeline.demo.pages import front_page, product_page

ROBOTS = "User-agent: *\nDisallow: /staff-picks/\n"
FILES = {"survey-2026.csv": ".", "counter-cards.csv": "inbox"}
_FEED = re.compile(
    r"(?P<store>/store)/(?P<country>[a-z]{2})/rss/customerreviews/page=(?P<page>\d{1,3})/id=(?P<app>\d+)/sortby=\w+/json"
)
_APP_PAGE = re.compile(r"/store/(?P<country>[a-z]{2})/review")


class DemoServer:
    """Serves the sample sites on a free port of 127.0.0.1 while its `with` block lasts.

    Attributes:
        asked: The paths that were asked for, in order: who wants to know whether robots.txt
            is obeyed finds it here.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._server: ThreadingHTTPServer | None = None

    @property
    def base_url(self) -> str:
        """The address of the sample sites, without a slash at its end."""
        if self._server is None:
            raise RuntimeError("the sample sites are served inside a with block only")
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> DemoServer:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.asked.append))
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="sample-sites", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def write_demo_folder(folder: Path, base_url: str) -> Path:
    """Write config.yaml for the sample sites at `base_url`, the survey and the drop file into `folder`.

    Files of an earlier demo are written over; its database is left alone.

    Returns:
        The path of config.yaml.
    """
    for name, place in FILES.items():
        (folder / place).mkdir(parents=True, exist_ok=True)
        (folder / place / name).write_text(packaged_text(name), "utf-8")
    config = folder / "config.yaml"
    config.write_text(Template(packaged_text("demo.yaml")).substitute(base_url=base_url), "utf-8")
    return config


def answer(path: str, base_url: str) -> tuple[str, str] | None:
    """Return the content type and the body that the sample sites have at `path`, or None."""
    parts = urlsplit(path)
    shown = catalogue()
    if parts.path == "/":
        return "text/html", front_page(shown)
    if parts.path == "/robots.txt":
        return "text/plain", ROBOTS
    for product in (*shown.products, shown.closed):
        if parts.path == product.path:
            number = parse_qs(parts.query).get("page", ["1"])[0]
            is_there = number.isdecimal() and 1 <= int(number) <= product.pages
            return ("text/html", product_page(product, int(number))) if is_there else None
    if (feed := _FEED.fullmatch(parts.path)) and int(feed["app"]) == shown.app.app_id:
        told = customer_reviews(shown.app, feed["country"], int(feed["page"]), base_url + feed["store"])
        return "application/json", json.dumps(told, ensure_ascii=False)
    if (page := _APP_PAGE.fullmatch(parts.path)) and page["country"] in shown.app.reviews:
        entries = "".join(
            f"<h3>{escape(review.title)}</h3><p>{escape(review.text)}</p>"
            for review in shown.app.reviews[page["country"]]
        )
        return "text/html", f'<!doctype html><meta charset="utf-8"><title>{escape(shown.app.name)}</title>{entries}'
    return None


def _handler(note: Callable[[str], None]) -> type[BaseHTTPRequestHandler]:
    """Return a request handler that notes each path and answers it."""

    class SampleSites(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            note(self.path)
            host, port = self.connection.getsockname()
            found = answer(self.path, f"http://{host}:{port}")
            kind, text = found or ("text/plain", "There is no such page.")
            body = text.encode()
            self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: the terminal belongs to the demo."""

    return SampleSites
