"""Tables of reviews as raw mentions: any table by its columns, two known exports by their headers.

The Play Console writes a file a month, in UTF-16; a review that was edited stands again in a later
month, and a rating without text has neither link nor id. Scraped Google Maps reviews tell when they
were written only in words ("3 days ago"), counted from a column of their own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from twelvefold.crawlers.cells import is_missing, read_score
from twelvefold.crawlers.columns import configured_columns, guess_columns
from twelvefold.crawlers.date_columns import DateColumn
from twelvefold.crawlers.tabular import BadRow, Row, Table
from twelvefold.errors import UnreadableFile
from twelvefold.records import RawMention

_PLAY = ("Package Name", "Star Rating", "Review Link", "Review Last Update Millis Since Epoch")
_MAPS = ("id_review", "caption", "relative_date", "retrieval_date", "rating")
_PLAY_COLUMNS = {
    "id": "Review Link", "text": "Review Text", "title": "Review Title", "rating": "Star Rating",
    "date": "Review Submit Date and Time", "url": "Review Link", "language": "Reviewer Language",
    "subject": "Package Name", "reply_text": "Developer Reply Text", "reply_at": "Developer Reply Date and Time",
}  # fmt: skip
_MAPS_COLUMNS = {
    "id": "id_review", "text": "caption", "rating": "rating", "author": "username", "date": "relative_date",
}  # fmt: skip
_AGO = re.compile(r"(?:edited )?(an?|\d+) (second|minute|hour|day|week|month|year)s? ago", re.IGNORECASE)
_TRUE = frozenset({"true", "yes", "1", "y", "oui", "vrai", "x", "是", "verified"})
_FALSE = frozenset({"false", "no", "0", "n", "non", "faux", "否"})
_SCALES = (5.0, 10.0, 100.0)


class MentionTable:
    """One file of mentions.

    Attributes:
        mapping: Our fields to the file's columns, as a person is shown them.
        notes: What was decided by looking at the whole file, a sentence each.
    """

    def __init__(
        self,
        table: Table,
        configured: Mapping[str, str],
        scale: tuple[float, float] | None = None,
        language: str | None = None,
    ) -> None:
        self.table = table
        self.notes: list[str] = []
        self._language = language
        self._scale = scale
        self._read: Callable[[Row], RawMention]
        headers = frozenset(table.headers)
        if not configured and headers.issuperset(_PLAY):
            self.export, self.mapping, self._read = "play_console", _PLAY_COLUMNS, _play_mention
        elif not configured and headers.issuperset(_MAPS):
            self.export, self.mapping, self._read = "google_maps", _MAPS_COLUMNS, _maps_mention
        else:
            self.export, self._read = "", self._mapped_mention
            self.mapping = _columns(table, configured)
            self._dates = DateColumn()
            self._look_at_all()

    def items(self) -> Iterator[tuple[Row, RawMention] | BadRow]:
        """Yield the mention of every row, or why there is none.

        Raises:
            UnreadableFile: The file broke off in the middle.
        """
        bare: Counter[tuple[str, ...]] = Counter()
        for row in self.table.rows():
            if isinstance(row, BadRow):
                yield row
                continue
            raw = self._read(row)
            if not raw.external_id and not raw.identity and not raw.text:
                told = tuple(str(part) for part in (raw.author, raw.title, raw.rating, raw.published, raw.subject))
                bare[told] += 1
                raw = _identified(raw, (*told, str(bare[told])))
            yield row, raw

    def _look_at_all(self) -> None:
        """Learn from the whole file the order of days and months, and how high ratings go."""
        date, rating = self.mapping.get("date"), self.mapping.get("rating")
        highest = lowest = None
        if date is None and (rating is None or self._scale is not None):
            return
        for row in self.table.rows():
            if isinstance(row, BadRow):
                continue
            if date:
                self._dates.look(row.cells.get(date, ""))
            try:
                score = read_score(row.cells.get(rating, "")) if rating else None
            except ValueError:
                continue
            if score is not None and score.best is None:
                highest = max(score.value, highest if highest is not None else score.value)
                lowest = min(score.value, lowest if lowest is not None else score.value)
        if date and (note := self._dates.note(date, self._language)):
            self.notes.append(note)
        if self._scale is None and highest is not None and lowest is not None:
            best = next((end for end in _SCALES if highest <= end), None)
            if best is None:
                raise UnreadableFile(
                    f"{self.table.path}: ratings in {rating!r} go up to {highest:g}: "
                    "write their scale in the configuration"
                )
            self._scale = (0.0 if lowest < 1 or best == 100 else 1.0, best)
            self.notes.append(f"ratings in {rating!r} are read on a scale of {self._scale[0]:g} to {best:g}")

    def _mapped_mention(self, row: Row) -> RawMention:
        told = {
            field: cell
            for field, column in self.mapping.items()
            if (cell := row.cells.get(column, "")) and not is_missing(cell)
        }
        worst, best = self._scale if self._scale and "rating" in told else (None, None)
        if "rating" in told and re.search(r"\d\s*(/|out of|sur)\s*\d|[★⭐☆]|[a-z]{3}", told["rating"], re.IGNORECASE):
            worst = best = None  # the cell tells its own scale
        verified = told.get("verified", "").lower()
        return RawMention(
            external_id=told.get("id"),
            author=told.get("author"),
            title=told.get("title"),
            text=told.get("text"),
            rating=told.get("rating"),
            rating_best=best,
            rating_worst=worst,
            published=self._dates.iso(told["date"], self._language) if "date" in told else None,
            url=told.get("url"),
            language=told.get("language"),
            subject=told.get("subject"),
            verified=True if verified in _TRUE else False if verified in _FALSE else None,
            reply_text=told.get("reply_text"),
            reply_at=self._dates.iso(told["reply_at"], self._language) if "reply_at" in told else None,
            customer_id=told.get("customer_id"),
        )


def _columns(table: Table, configured: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of a plain table.

    Raises:
        UnreadableFile: No column holds texts or ratings.
    """
    chosen = configured_columns("mentions", configured, table.headers, None, str(table.path))
    guessed = guess_columns("mentions", table.headers, taken=tuple(chosen.values()))
    columns = {field: column for field, column in {**guessed, **chosen}.items() if column}
    if not {"text", "title", "rating"} & columns.keys():
        shown = ", ".join(repr(header) for header in table.headers[:20])
        raise UnreadableFile(
            f"{table.path} has no column that looks like texts or ratings; name one under mapping. It has: {shown}"
        )
    return columns


def play_review(row: Row) -> tuple[str, int] | None:
    """Return the id of a row of the Play Console and when it was last changed (ms); None of a bare rating."""
    found = parse_qs(urlsplit(row.cells.get("Review Link", "")).query).get("reviewId")
    if not found:
        return None
    changed = row.cells.get("Review Last Update Millis Since Epoch", "")
    return found[0], int(changed) if changed.isdecimal() else 0


def _play_mention(row: Row) -> RawMention:
    """Return a row of the Play Console's monthly export (support.google.com, "Download reports")."""
    cells = row.cells
    review = play_review(row)
    identity = () if review else tuple(cell for header, cell in cells.items() if not header.startswith("Developer"))
    evidence = {
        "version": cells.get("App Version Name", ""),
        "device": cells.get("Device", ""),
        "updated": cells.get("Review Last Update Date and Time", ""),
    }
    return RawMention(
        external_id=review[0] if review else None,
        identity=identity,
        title=cells["Review Title"] or None,
        text=cells["Review Text"] or None,
        rating=cells["Star Rating"] or None,
        rating_best=5,
        rating_worst=1,
        published=cells["Review Submit Date and Time"] or None,
        published_zone="UTC",
        url=cells["Review Link"] or None,
        language=cells["Reviewer Language"] or None,
        subject=cells["Package Name"] or None,
        reply_text=cells["Developer Reply Text"] or None,
        reply_at=cells["Developer Reply Date and Time"] or None,
        payload={name: value for name, value in evidence.items() if value},
    )


def _maps_mention(row: Row) -> RawMention:
    """Return a row of scraped Google Maps reviews; its date is counted back from when it was retrieved."""
    cells = row.cells
    return RawMention(
        external_id=cells["id_review"] or None,
        author=cells.get("username") or None,
        text=cells["caption"] or None,
        rating=cells["rating"] or None,
        rating_best=5,
        rating_worst=1,
        published=_counted_back(cells["relative_date"], cells["retrieval_date"]),
        payload={"relative_date": cells["relative_date"], "retrieval_date": cells["retrieval_date"]},
    )


def _counted_back(relative: str, retrieved: str) -> str | None:
    """Return the day, month or year that words such as "3 days ago" meant then, as exactly as they told it.

    None where the words or the date are not understood: counted from today they would be wrong by years.
    """
    found = _AGO.fullmatch(relative.strip())
    try:
        then = datetime.fromisoformat(retrieved.strip())
    except ValueError:
        return None
    if found is None:
        return None
    count = 1 if found[1].lower() in ("a", "an") else int(found[1])
    unit = found[2].lower()
    if unit == "year":
        return f"{then.year - count}"
    if unit == "month":
        months = then.year * 12 + then.month - 1 - count
        return f"{months // 12}-{months % 12 + 1:02d}"
    return (then - timedelta(**{f"{unit}s": count})).date().isoformat()


def _identified(raw: RawMention, identity: tuple[str, ...]) -> RawMention:
    """Return `raw` told apart by `identity`: equal ratings without text are different people's."""
    return RawMention(**{**vars(raw), "identity": identity})
