"""Telling a wall (captcha, consent or login page) from a page that has nothing to say."""

from __future__ import annotations

import re

_TITLE = re.compile(rb"<title[^>]*>([^<]{0,300})", re.IGNORECASE)
_TITLES = re.compile(
    r"just a moment|attention required|access (?:to this page has been )?denied|are you (?:a )?(?:human|robot)"
    r"|robot check|bot verification|security check|pardon our interruption|verify (?:that )?you are human|captcha"
    r"|before you continue|avant de continuer|bevor sie fortfahren|accès refusé|un instant"
    r"|vérification de sécurité|安全驗證|安全验证|人机验证|人機驗證|請稍候|请稍候|驗證碼|验证码",
    re.IGNORECASE,
)
_MARKS = re.compile(
    rb"cf-challenge|cf_chl_|challenge-platform|px-captcha|datadome|captcha-delivery|g-recaptcha|h-captcha|hcaptcha"
    rb"|arkoselabs|geetest|_incapsula_|aws-waf-token|consent\.google|CookieWall",
    re.IGNORECASE,
)
_TAGS = re.compile(rb"<(script|style|noscript)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_LOOKED_AT = 200_000
_SHORT = 3_000
"""A wall says little: with more visible text than this a captcha is one form of the page, not all of it."""


def wall_in(body: bytes) -> str | None:
    """Return what gives a page without items away as a wall, or None.

    Args:
        body: The page, decompressed.
    """
    head = body[:_LOOKED_AT]
    title = _TITLE.search(head)
    words = title.group(1).decode("utf-8", "replace").strip() if title else ""
    if said := _TITLES.search(words):
        return f"its title says {said.group(0)!r}"
    mark = _MARKS.search(head)
    if mark and len(b" ".join(_TAGS.sub(b" ", head).split())) < _SHORT:
        return f"it holds little but {mark.group(0).decode('ascii', 'replace')!r}"
    return None
