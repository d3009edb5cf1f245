"""Telling a wall (captcha, consent or login page) from a page that has nothing to say."""

from __future__ import annotations

import re

from twelvefold.crawlers.markup import visible_words

_TITLE = re.compile(r"<title[^<>]*>([^<]{0,300})", re.IGNORECASE)
_TITLES = re.compile(
    r"just a moment|attention required|access (?:to this page has been )?denied|are you (?:a )?(?:human|robot)"
    r"|robot check|bot verification|security check|pardon our interruption|verify (?:that )?you are human|captcha"
    r"|before you continue|avant de continuer|bevor sie fortfahren|accès refusé|un instant"
    r"|vérification de sécurité|安全驗證|安全验证|人机验证|人機驗證|請稍候|请稍候|驗證碼|验证码",
    re.IGNORECASE,
)
_MARKS = re.compile(
    r"cf-challenge|cf_chl_|challenge-platform|px-captcha|datadome|captcha-delivery|g-recaptcha|h-captcha|hcaptcha"
    r"|arkoselabs|geetest|_incapsula_|aws-waf-token|consent\.google|CookieWall",
    re.IGNORECASE,
)
_LOOKED_AT = 200_000
_SHORT = 3_000
"""A wall says little: on a page with more text than this, or a very long one, a captcha guards a form, not the page."""


def wall_in(text: str) -> str | None:
    """Return what gives a page without items away as a wall, or None."""
    head = text[:_LOOKED_AT]
    title = _TITLE.search(head)
    if title and (said := _TITLES.search(title.group(1))):
        return f"its title says {said.group(0)!r}"
    mark = _MARKS.search(head)
    if mark and len(text) <= _LOOKED_AT and len(visible_words(head)) < _SHORT:
        return f"it holds little but {mark.group(0)!r}"
    return None
