"""The few HTML pages that the server itself generates, without scripts or external content."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse

__all__ = ["page", "unauthorised_page", "unbuilt_page"]

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "body{color:#1c2430;background:#fff}"
    "code,pre{font:14px/1.45 ui-monospace,monospace;background:#f2f4f7;padding:.1em .3em;border-radius:4px}"
    "pre{padding:.8em;overflow:auto}h2{border-bottom:1px solid #d5dae1;margin-top:2.2em}"
    "table{border-collapse:collapse}td,th{text-align:left;padding:.2em .8em .2em 0;vertical-align:top}"
    ".m{display:inline-block;min-width:4.2em;font-weight:600}summary{cursor:pointer}"
    "@media(prefers-color-scheme:dark){body{color:#e6e9ee;background:#14181f}code,pre{background:#232a35}}"
)
# Styles are in the page itself; the policy allows exactly these.
_CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def page(title: str, body: str, *, status: int = 200) -> HTMLResponse:
    """Create a page; ``body`` is HTML, ``title`` is plain text."""
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    return HTMLResponse(
        text, status_code=status, headers={"Content-Security-Policy": _CSP, "Cache-Control": "no-store"}
    )


def unauthorised_page() -> HTMLResponse:
    """The page for a browser that has not opened the server's link."""
    return page(
        "scriptune: please open the link",
        "<p>This server runs programs, so it answers only to those who have its token. Open the link that "
        "<code>scriptune serve</code> printed when it started; it ends with <code>?token=...</code> and is needed once "
        "per browser. The token is also in the file <code>token</code> in the server's home.</p>"
        '<p><a href="">Try again</a> when you have just opened it.</p>',
        status=401,
    )


def unbuilt_page() -> HTMLResponse:
    """The page at / if the console was not built."""
    return page(
        "scriptune: the console is not built",
        "<p>The server runs, and its REST API works: <a href='api/v1/docs'>the list of its routes</a>.</p>"
        "<p>The web console's files are missing from this installation. In a checkout of the sources, build them with "
        "<code>make setup</code> (needs Node.js); an installed package has them ready.</p>",
    )
