"""How Scrapy behaves towards other people's servers: polite, bounded, honest."""

from __future__ import annotations

from typing import Any

from twelvefold.config import Budget, Network

MEGABYTE = 1_000_000
PAGE_MEGABYTES = 10
"""The largest page that is read, after decompression; a larger one is reported."""

TIMEOUT_S = 30.0
"""How long one answer may take, from the connection to its last byte."""

MIDDLEWARES = "twelvefold.crawlers.middlewares"


def scrapy_settings(network: Network, budget: Budget, *, obey_robots: bool) -> dict[str, Any]:
    """Return the settings of one crawl.

    One request runs at a time, in all: a crawl is one source, mostly one host,
    and order matters where it stops at known ground.
    """
    return {
        "USER_AGENT": network.user_agent,
        "ROBOTSTXT_OBEY": obey_robots,
        "CONCURRENT_REQUESTS": 1,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": network.delay_s,
        "DOWNLOAD_DELAY_JITTER": 0.0,
        "DOWNLOAD_TIMEOUT": min(TIMEOUT_S, budget.minutes * 60),
        "DOWNLOAD_MAXSIZE": int(min(PAGE_MEGABYTES, budget.megabytes) * MEGABYTE),
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,application/json;q=0.9,*/*;q=0.5",
            "Accept-Language": "*",
        },
        "DOWNLOAD_HANDLERS": dict.fromkeys(("data", "file", "ftp", "s3")),
        "REDIRECT_MAX_TIMES": 10,
        "METAREFRESH_ENABLED": False,
        "RETRY_TIMES": 2,
        "RETRY_GIVE_UP_LOG_LEVEL": "WARNING",
        "HTTPPROXY_ENABLED": False,
        "REFERER_ENABLED": False,
        "HTTPERROR_ALLOW_ALL": True,
        "TWISTED_DNS_RESOLVER": "scrapy.resolver.CachingHostnameResolver",
        "DOWNLOADER_MIDDLEWARES": {
            "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
            "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
            "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
            f"{MIDDLEWARES}.RobotsMiddleware": 100,
            f"{MIDDLEWARES}.PatientRetryMiddleware": 550,
            f"{MIDDLEWARES}.KeylessRedirectMiddleware": 600,
        },
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "MEMUSAGE_ENABLED": False,
        "STATS_DUMP": False,
        "LOG_LEVEL": "WARNING",
        "LOG_VERSIONS": [],
    }
