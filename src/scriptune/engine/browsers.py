"""Short names of browsers from their ``User-Agent`` headers."""

from __future__ import annotations

import re

__all__ = ["browser_name"]

# The first that matches counts: most browsers also name those that they want to be taken for.
_BROWSERS = (
    ("Edge", re.compile(r"\bEdg(?:e|A|iOS)?/(\d+)")),
    ("Opera", re.compile(r"\bOPR/(\d+)")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/(\d+)")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"\b(?:Chrome|HeadlessChrome|Chromium|CriOS)/(\d+)")),
    ("Safari", re.compile(r"\bVersion/(\d+)\S* (?:Mobile/\S+ )?Safari/")),
)
_SYSTEMS = (
    ("Android", re.compile(r"\bAndroid\b")),
    ("iOS", re.compile(r"\b(?:iPhone|iPad|iPod)\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("ChromeOS", re.compile(r"\bCrOS\b")),
    ("macOS", re.compile(r"\bMac OS X\b|\bMacintosh\b")),
    ("Linux", re.compile(r"\bLinux\b|\bX11\b")),
)
_OTHER = re.compile(r"[^\s();]+")
_MAX_CHARS = 40


def browser_name(user_agent: str) -> str:
    """The browser with its version, and its system: ``"Firefox 128, Linux"``.

    Of programs that do not describe themselves like browsers, the first word: ``"curl/8.5.0"``; "" when there is none.
    """
    system = next((name for name, pattern in _SYSTEMS if pattern.search(user_agent)), "")
    for name, pattern in _BROWSERS:
        if version := pattern.search(user_agent):
            return ", ".join(filter(None, [f"{name} {version[1]}", system]))
    word = _OTHER.search(user_agent)
    return "" if word is None else word[0][:_MAX_CHARS]
