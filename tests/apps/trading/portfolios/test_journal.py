"""The journal: own notes only, found again, with pictures that are what their bytes say."""

from datetime import date
from io import BytesIO
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage

from apps.trading.portfolios import journal, operations
from apps.trading.portfolios.errors import EntryMissing, PictureRefused, SubjectMissing, TagsInvalid, TextInvalid
from apps.trading.portfolios.journal import JournalFilter
from apps.trading.portfolios.models import JournalEntry, JournalImage
from apps.trading.portfolios.operations import Note
from apps.trading.positions.models import Position
from tests.apps.trading.portfolios.ground import whose

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
JPEG = b"\xff\xd8\xff\xe0" + bytes(64)
WEBP = b"RIFF\x40\x00\x00\x00WEBPVP8 " + bytes(64)
HTML = b"<html><script>alert(1)</script></html>" + bytes(64)


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def write(ground, title="A day", **more):
    about = {name: more.pop(name) for name in ("about", "about_id") if name in more}
    return operations.write_note(**whose(ground), **{"about": "day", **about}, note=Note(title=title, **more))


def test_notes_are_found_by_words_tags_subject_and_days(ground):
    ground.fill("buy", "1", "100")
    position = Position.objects.get()
    one = write(
        ground, "Bought the retest", text="Second close above.", tags=["Breakout", "size "], day=date(2026, 6, 2)
    )
    two = write(ground, "Held too long", about="position", about_id=position.pk, tags=["patience"])
    assert (two.symbol, one.tags) == ("BTCUSDT", ["breakout", "size"])

    def found(**wanted):
        return [row.title for row in journal.list_entries(ground.owner.pk, JournalFilter(**wanted))]

    assert found(search="CLOSE retest") == ["Bought the retest"]
    assert found(tag="breakout") == ["Bought the retest"]
    assert found(tag="break") == []
    assert found(symbol="BTCUSDT") == found(about="position") == found(about_id=position.pk) == ["Held too long"]
    assert found(since=date(2026, 6, 2), until=date(2026, 6, 2)) == ["Bought the retest"]
    assert found() == ["Held too long", "Bought the retest"]
    assert journal.list_tags(ground.owner.pk) == ["breakout", "patience", "size"]


def test_what_is_not_there_or_odd_is_refused(ground, other_customer):
    row = write(ground)
    with pytest.raises(SubjectMissing):
        write(ground, about="order", about_id=uuid4())
    with pytest.raises(SubjectMissing):
        write(ground, about="position")
    for wrong in (Note(title=" "), Note(title="x" * 121), Note(title="x", text="\x00")):
        with pytest.raises(TextInvalid):
            operations.write_note(**whose(ground), about="day", note=wrong)
    for tags in (["a b"], ["x" * 31], [str(at) for at in range(13)], ["<b>"]):
        with pytest.raises(TagsInvalid):
            write(ground, tags=tags)
    with pytest.raises(EntryMissing):
        journal.get_entry(row.pk, other_customer.pk)


@pytest.mark.parametrize(("content", "kind"), [(PNG, "png"), (JPEG, "jpeg"), (WEBP, "webp"), (b"GIF89a" + PNG, "gif")])
def test_a_picture_is_what_its_bytes_say(ground, on_commit, content, kind):
    row = write(ground)
    image = operations.add_picture(**whose(ground), entry_id=row.pk, content=content, label="entry.exe")
    assert (image.kind, image.size) == (kind, len(content))
    assert image.path.endswith(f"{image.pk}.{kind}")
    assert journal.open_image(image).read() == content
    with on_commit():
        operations.remove_note(**whose(ground), entry_id=row.pk)
    assert not default_storage.exists(image.path)


def test_what_is_no_picture_is_refused(ground):
    row = write(ground)
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'></svg>"
    for wrong in (HTML, svg, b"", b"\x89PNG", PNG + bytes(5_000_000)):
        with pytest.raises(PictureRefused):
            operations.add_picture(**whose(ground), entry_id=row.pk, content=wrong)
    for _ in range(8):
        operations.add_picture(**whose(ground), entry_id=row.pk, content=PNG)
    with pytest.raises(PictureRefused):
        operations.add_picture(**whose(ground), entry_id=row.pk, content=PNG)


def test_the_pages_keep_notes_and_show_pictures_to_their_owner_only(ground, customer, other_customer, web):
    browser, stranger = web(customer), web(other_customer)
    note = {"title": "Breakout", "text": "<b>bold</b>", "tags": "a, b", "day": "2026-06-02"}
    url = browser.post("/journal/", note).headers["Location"]
    assert browser.post("/journal/", {**note, "title": ""}).status_code == 422
    assert browser.post("/journal/", {**note, "tags": "<x>"}).status_code == 422
    page = browser.get("/journal/?search=bold&tag=a").content.decode()
    assert "&lt;b&gt;bold" in page
    assert "No note here" in browser.get("/journal/?tag=zzz").content.decode()
    sent = BytesIO(PNG)
    sent.name = "chart.png"
    assert browser.post(url, {"action": "picture", "picture": sent, "label": "Chart"}).status_code == 302
    bad = BytesIO(HTML)
    bad.name = "chart.png"
    assert browser.post(url, {"action": "picture", "picture": bad}).status_code == 422
    assert browser.post(url, {"action": "picture"}).status_code == 422
    image = f"/journal/images/{JournalImage.objects.get().pk}/"
    shown = browser.get(image)
    assert b"".join(shown.streaming_content) == PNG
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert "sandbox" in shown["Content-Security-Policy"]
    assert image in browser.get(url).content.decode()
    for address in (image, url):
        assert stranger.get(address).status_code == 404
    assert web().get(image).status_code == 302
    assert browser.post(url, {"action": "change", **note, "title": "Retest"}).status_code == 302
    assert browser.post(url, {"action": "change", "title": ""}).status_code == 422
    gone = {"action": "remove-picture", "image_id": str(JournalImage.objects.get().pk)}
    assert browser.post(url, gone).status_code == 302
    assert JournalEntry.objects.get().title == "Retest"
    assert browser.post(url, {"action": "remove"}).status_code == 302
    assert browser.get(url).status_code == 404


def test_the_api_does_it_all(ground, customer, other_customer, api):
    client, stranger = api(customer), api(other_customer)
    made = client.post("/api/v1/journal", {"title": "Plan", "tags": ["x"], "day": "2026-06-02"}, format="json")
    assert made.status_code == 201
    url = f"/api/v1/journal/{made.json()['id']}"
    sent = BytesIO(JPEG)
    sent.name = "a.txt"
    image = client.post(f"{url}/images", {"content": sent, "label": "x"}, format="multipart")
    assert (image.status_code, image.json()["kind"]) == (201, "jpeg")
    place = f"/api/v1/journal-images/{image.json()['id']}"
    assert b"".join(client.get(place).streaming_content) == JPEG
    assert client.get(url).json()["images"] == [image.json()]
    assert client.put(url, {"title": "Plan B"}, format="json").json()["tags"] == []
    assert [row["title"] for row in client.get("/api/v1/journal?search=plan").json()["results"]] == ["Plan B"]
    assert client.get("/api/v1/journal?since=x").status_code == 422
    assert client.post("/api/v1/journal", {"title": "a", "about": "order"}, format="json").status_code == 404
    for address in (url, place):
        assert stranger.get(address).status_code == 404
        assert client.delete(address if address == place else f"{url}/").status_code in (204, 404)
    assert client.delete(url).status_code == 204
