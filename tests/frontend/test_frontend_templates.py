"""Every template compiles, every page renders from plain values, and what comes out obeys the content policy."""

import re
from html.parser import HTMLParser

import pytest

from tests.frontend.rendering import NONCE, STATIC, TEMPLATES, engine, render
from tests.frontend.samples import PAGES

OWN = ("layouts/", "components/", "trading/", "platform/", "compliance/", "finance/")
NAMES = sorted(
    name
    for path in TEMPLATES.rglob("*.html")
    for name in [str(path.relative_to(TEMPLATES))]
    if name.startswith(OWN) or "/" not in name
)
PAGE_NAMES = [name for name in NAMES if not name.startswith(("layouts/", "components/")) and "/_" not in name]
SPRITE = set(re.findall(r'id="([\w-]+)"', (STATIC / "img" / "icons.svg").read_text(encoding="utf-8")))


class Document(HTMLParser):
    """Collects what the checks below ask of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[dict[str, object]] = []
        self.ids: list[str] = []
        self.faults: list[str] = []
        self.described: set[str] = set()
        self._inert = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._inert += tag == "template"
        self.faults += [f"{tag} {name}" for name in given if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and not self._script_allowed(given)):
            self.faults.append(tag)
        if self._inert:
            return
        self.ids += [given["id"] or ""] if "id" in given else []
        self.described |= set((given.get("aria-describedby") or "").split())
        if tag == "form":
            self.forms.append({"method": given.get("method"), "token": False})
        if tag == "input" and given.get("name") == "csrfmiddlewaretoken" and self.forms:
            self.forms[-1]["token"] = True

    def handle_endtag(self, tag: str) -> None:
        self._inert -= tag == "template"

    @staticmethod
    def _script_allowed(given: dict[str, str | None]) -> bool:
        if given.get("type") == "application/json":
            return True
        return (given.get("src") or "").startswith("/static/") or given.get("nonce") == NONCE


@pytest.mark.parametrize("name", NAMES)
def test_it_compiles_and_says_what_it_needs(name: str) -> None:
    engine().get_template(name)
    assert "{% comment %}" in (TEMPLATES / name).read_text(encoding="utf-8") or re.fullmatch(r"\d{3}\.html", name)


def test_every_page_has_a_sample() -> None:
    assert set(PAGE_NAMES) - {template for template, _ in PAGES.values()} == set()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_renders_from_plain_values(name: str) -> None:
    template, context = PAGES[name]
    html = render(template, context)
    assert re.findall(r"!!unknown [^!]*!!", html) == []
    page = Document(html)
    assert page.faults == []
    assert sorted({one for one in page.ids if page.ids.count(one) > 1}) == []
    assert page.described <= set(page.ids)
    assert [form for form in page.forms if form["method"] == "post" and not form["token"]] == []
    assert set(re.findall(r"icons\.svg#([\w-]+)", html)) <= SPRITE
    assert re.search(r"<title>[^<]+</title>", html)


def test_text_from_people_is_escaped() -> None:
    template, context = PAGES["bots"]
    context = {**context, "page": {**context["page"], "note": "<script>alert(1)</script>"}}
    assert "<script>alert(1)" not in render(template, context)


@pytest.mark.parametrize(
    ("theme", "expected"), [("dark", 'data-theme="dark"'), ("light", 'data-theme="light"'), ('"><b>', "")]
)
def test_only_known_themes_reach_the_page(theme: str, expected: str) -> None:
    head = render(*PAGES["login"], theme=theme).split("<head>")[0]
    assert ("data-theme" in head) == bool(expected)
    assert expected in head


def test_an_error_page_needs_no_context_at_all() -> None:
    """The 500 page is drawn when the context processors themselves may be broken."""
    from django.template import Context

    html = engine().get_template("500.html").render(Context({}))
    assert "!!unknown" not in html
    assert "Something broke on our side" in html
