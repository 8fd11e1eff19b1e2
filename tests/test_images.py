"""Pictures: measured without decoding, resized, rotated, stripped of metadata; non-pictures are rejected."""

from __future__ import annotations

import io
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from factories import make_article
from markupsafe import Markup
from PIL import Image

from reader.errors import Busy, NotFound, UnusablePicture
from reader.media import renditions
from reader.media.images import MIMETYPES, derive, link_pictures, measure
from reader.media.renditions import ImageRenderer, exported_picture, keys_of, thumbnail_keys, write_record
from reader.media.thumbnails import MOST_BYTES, SIZE, thumbnails
from reader.models import fingerprint


def photo(width: int = 1600, height: int = 900, **saved: object) -> bytes:
    """A JPEG: left half red, right half blue."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    target = io.BytesIO()
    image.save(target, "JPEG", **saved)
    return target.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x8825] = {1: "N", 2: (38.0, 2.0, 1.0)}
    return photo(1600, 900, exif=exif)


def bomb() -> bytes:
    """A PNG of about 1 KB whose header declares 60,000 × 60,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    size = (60_000).to_bytes(4, "big")
    header = size + size + bytes([8, 2, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("suffix", MIMETYPES)
def test_a_picture_comes_in_each_format_at_the_width_asked_for(suffix):
    small = opened(derive(photo(), 720, suffix))
    assert (small.size, small.get_format_mimetype()) == ((720, 405), MIMETYPES[suffix])


def test_a_picture_is_never_made_larger():
    assert measure(io.BytesIO(photo(500, 300))).widths == (360, 500)
    assert measure(io.BytesIO(photo(200, 300))).widths == (200,)
    assert measure(io.BytesIO(photo(4000, 3000))).widths == (360, 720, 1080)
    assert opened(derive(photo(200, 300), 720, "webp")).size == (200, 300)


def test_orientation_is_applied_and_all_metadata_goes():
    measured = measure(io.BytesIO(turned(6)))
    assert (measured.width, measured.height) == (900, 1600)
    small = opened(derive(turned(6), 360, "jpg"))
    assert (small.size, dict(small.getexif()), small.info.get("exif")) == ((360, 640), {}, None)
    red, _, blue = small.convert("RGB").getpixel((180, 20))
    assert red > blue  # what was left is on top now


def test_a_transparent_picture_stands_on_white_as_jpeg_and_stays_clear_as_webp():
    target = io.BytesIO()
    Image.new("RGBA", (400, 300), (0, 0, 0, 0)).save(target, "PNG")
    assert opened(derive(target.getvalue(), 360, "jpg")).getpixel((9, 9)) == (255, 255, 255)
    assert opened(derive(target.getvalue(), 360, "webp")).getpixel((9, 9))[3] == 0


def test_a_decompression_bomb_is_refused_before_it_is_unpacked():
    for refuse in (lambda content: measure(io.BytesIO(content)), lambda content: derive(content, 360, "jpg")):
        with pytest.raises(UnusablePicture, match="more than 50,000,000 pixels"):
            refuse(bomb())


@pytest.mark.parametrize("content", [b"", b"<svg xmlns='x'/>", b"GIF89a", photo()[:300]])
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(UnusablePicture):
        derive(content, 360, "jpg")


def test_the_same_picture_gives_the_same_bytes_twice():
    assert all(derive(photo(), 360, suffix) == derive(photo(), 360, suffix) for suffix in MIMETYPES)


@pytest.fixture
def articles(settings) -> Path:
    path = settings.articles / "2026/rain/top.jpg"
    path.parent.mkdir(parents=True)
    path.write_bytes(photo(800, 400))
    (settings.articles.parent / "secret.jpg").write_bytes(photo())
    return settings.articles


def test_a_placed_picture_has_its_digest_for_an_address_and_its_true_size(articles):
    kept = []
    body = Markup(
        '<img src="2026/rain/top.jpg" alt="雨" width="3"><img src="../secret.jpg" alt=""><img src="no.jpg" alt="">'
    )
    article = make_article(body=body, images=("2026/rain/top.jpg", "no.jpg"))
    placed = link_pictures(article, articles, lambda picture, path: kept.append((picture, path)))
    picture, path = kept[0]
    assert placed.body == (f'<p><img src="/media/{picture.digest}-800.jpg" alt="雨" width="800" height="400"></p>')
    assert placed.images == (picture.address,)
    assert [str(warning) for warning in placed.warnings] == [
        "picture not found: ../secret.jpg",
        "picture not found: no.jpg",
    ]
    assert path == articles / "2026/rain/top.jpg"


def test_another_picture_under_the_same_name_is_another_version_of_the_article(articles):
    article = make_article(images=("2026/rain/top.jpg",))
    first = link_pictures(article, articles, lambda *_: None)
    (articles / "2026/rain/top.jpg").write_bytes(photo(300, 300))
    assert link_pictures(article, articles, lambda *_: None).version != first.version != article.version


@pytest.mark.slow
def test_an_export_gets_a_picture_of_a_bounded_size_that_is_made_once(settings, articles):
    path = articles / "2026/rain/top.jpg"
    path.write_bytes(photo(3000, 2000))
    picture = measure(io.BytesIO(path.read_bytes()))
    write_record(settings.instance, picture, path)
    small = exported_picture(settings.instance, picture.address, 10_000_000)
    assert small == derive(path.read_bytes(), 1240, "jpg", quality=70)
    path.unlink()
    assert exported_picture(settings.instance, picture.address, 10_000_000) == small


def test_an_export_has_no_picture_whose_file_has_changed(settings, articles):
    path = articles / "2026/rain/top.jpg"
    picture = measure(io.BytesIO(path.read_bytes()))
    write_record(settings.instance, picture, path)
    path.write_bytes(photo())
    with pytest.raises(UnusablePicture, match="has changed"):
        exported_picture(settings.instance, picture.address, 10_000_000)


@pytest.fixture
def image_renderer(settings, articles):
    return ImageRenderer(settings)


def test_the_darkroom_makes_every_size_once_and_says_how_large_they_are(settings, articles, image_renderer):
    path = articles / "2026/rain/top.jpg"
    picture = measure(io.BytesIO(path.read_bytes()))
    write_record(settings.instance, picture, path)
    assert image_renderer.sizes(keys_of(picture)) == {}
    image_renderer.submit(picture.digest).result(60)
    first = image_renderer.file(picture.digest, 360, "avif")
    assert opened(first.read_bytes()).size == (360, 180)
    sizes = image_renderer.sizes(keys_of(picture))
    assert len(sizes) == 9
    assert sizes[f"{picture.digest}-360.avif"] == first.stat().st_size
    made = first.stat().st_ino
    image_renderer.file(picture.digest, 800, "jpg")
    assert first.stat().st_ino == made


def test_a_request_waits_for_its_own_size_only_and_never_for_the_background(settings, articles, image_renderer):
    path = articles / "2026/rain/top.jpg"
    picture = measure(io.BytesIO(path.read_bytes()))
    write_record(settings.instance, picture, path)
    released = threading.Event()
    image_renderer._background.submit(released.wait)
    rest = image_renderer.submit(picture.digest)
    alone = image_renderer.file(picture.digest, 720, "webp")
    assert list(image_renderer.sizes(keys_of(picture))) == [alone.name]
    content = alone.read_bytes()
    alone.unlink()
    released.set()
    rest.result(60)
    assert alone.read_bytes() == content == derive(path.read_bytes(), 720, "webp")


def test_only_the_sizes_of_a_picture_can_be_asked_for(settings, articles, image_renderer):
    path = articles / "2026/rain/top.jpg"
    picture = measure(io.BytesIO(path.read_bytes()))
    write_record(settings.instance, picture, path)
    for digest, width, suffix in ((picture.digest, 361, "jpg"), (picture.digest, 360, "png"), ("0" * 16, 360, "jpg")):
        with pytest.raises(NotFound):
            image_renderer.file(digest, width, suffix)


def test_only_a_few_requests_wait_for_pictures_and_the_next_is_told_to_come_again(settings, articles, image_renderer):
    path = articles / "2026/rain/top.jpg"
    picture = measure(io.BytesIO(path.read_bytes()))
    write_record(settings.instance, picture, path)
    released = threading.Event()
    image_renderer._foreground.submit(released.wait)  # a slow picture before this one
    with ThreadPoolExecutor(renditions.MOST_WAITING_REQUESTS) as visitors:
        waiting = [
            visitors.submit(image_renderer.file, picture.digest, 360, "jpg")
            for _ in range(renditions.MOST_WAITING_REQUESTS)
        ]
        while image_renderer._request_slots._value:
            time.sleep(0.01)
        with pytest.raises(Busy):
            image_renderer.file(picture.digest, 360, "jpg")
        released.set()
        assert {future.result(60).name for future in waiting} == {f"{picture.digest}-360.jpg"}
    assert image_renderer.file(picture.digest, 720, "jpg").is_file()


def test_a_picture_that_cannot_be_made_is_not_tried_at_every_request(settings, articles, image_renderer):
    path = articles / "2026/rain/top.jpg"
    content = path.read_bytes()
    picture = measure(io.BytesIO(content))
    write_record(settings.instance, picture, path)
    path.write_bytes(b"not a picture")
    with pytest.raises(UnusablePicture, match="has changed"):
        image_renderer.file(picture.digest, 360, "jpg")
    path.write_bytes(content)  # a second try would find it
    with pytest.raises(UnusablePicture, match="a moment ago"):
        image_renderer.file(picture.digest, 360, "jpg")
    image_renderer._failed[picture.digest] -= renditions.FAILED_SECONDS
    assert image_renderer.file(picture.digest, 360, "jpg").is_file()


def test_a_picture_replaced_by_something_else_meanwhile_is_not_served_for_the_old_one(
    settings, articles, image_renderer
):
    path = articles / "2026/rain/top.jpg"
    picture = measure(io.BytesIO(path.read_bytes()))
    write_record(settings.instance, picture, path)
    path.write_bytes(b"not a picture")
    with pytest.raises(UnusablePicture, match="has changed"):
        image_renderer.file(picture.digest, 360, "jpg")


@pytest.mark.slow
@pytest.mark.parametrize("suffix", MIMETYPES)
@pytest.mark.parametrize("profile", [b"", b"broken", bytes(200), b"\0\0\0\xc8" + bytes(196)])
def test_a_broken_colour_profile_is_dropped_and_the_picture_stays(suffix, profile):
    assert opened(derive(photo(icc_profile=profile), 360, suffix)).size == (360, 202)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF"])
def test_a_picture_is_measured_without_decoding_it(kind, monkeypatch):
    target = io.BytesIO()
    Image.new("RGB", (300, 200)).save(target, kind)
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    picture = measure(target)
    assert (picture.width, picture.height) == (300, 200)
    assert picture.digest == fingerprint(target.getvalue())


@pytest.mark.parametrize("exif", [b"Exif\0\0broken", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"x"])
def test_broken_exif_counts_as_upright(exif):
    picture = measure(io.BytesIO(photo(600, 400, exif=exif)))
    assert (picture.width, picture.height) == (600, 400)


@pytest.mark.parametrize("suffix", MIMETYPES)
@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF", "TIFF", "GIF"])
def test_comments_xmp_and_profiles_of_the_original_are_in_no_rendition(kind, suffix):
    target, secret = io.BytesIO(), b"who took it, where, and with what"
    known = {"comment": secret, "xmp": secret, "icc_profile": secret}
    if kind in ("TIFF", "GIF"):
        del known["xmp"]
    Image.new("L", (400, 300), 90).convert("P" if kind == "GIF" else "RGB").save(target, kind, **known)
    assert secret in target.getvalue()
    assert secret not in derive(target.getvalue(), 360, suffix)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_broken_exif_costs_no_rendition(kind):
    target = io.BytesIO()
    Image.new("RGB", (400, 300)).save(target, kind, exif=b"Exif\0\0" + b"no TIFF file")
    assert measure(io.BytesIO(target.getvalue())).width == 400
    assert opened(derive(target.getvalue(), 360, "jpg")).size == (360, 270)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1600, 900), (900, 1600), (3000, 400), (320, 320)])
def test_a_thumbnail_has_one_size_and_few_bytes_whatever_the_picture(size):
    noise = io.BytesIO()
    Image.effect_noise(size, 100).convert("RGB").save(noise, "JPEG", quality=95)  # nothing compresses worse
    for content in (noise.getvalue(), photo(*size)):
        made = dict(thumbnails(content))
        assert set(made) == set(MOST_BYTES)
        for suffix, file in made.items():
            assert len(file) <= MOST_BYTES[suffix]
            width, height = opened(file).size
            assert width / height == SIZE[0] / SIZE[1]
    assert opened(dict(thumbnails(photo(*size)))["avif"]).size == (2 * SIZE[0], 2 * SIZE[1])


@pytest.mark.slow
def test_thumbnails_are_made_in_the_background_once(settings, articles, image_renderer):
    path = articles / "2026/rain/top.jpg"
    picture = measure(io.BytesIO(path.read_bytes()))
    write_record(settings.instance, picture, path)
    for _ in range(2):
        image_renderer.submit_thumbnails([picture.digest, picture.digest])
        image_renderer._background.submit(int).result(60)
    assert set(image_renderer.sizes(thumbnail_keys(picture.digest))) == set(thumbnail_keys(picture.digest))
    first = image_renderer.thumbnail(picture.digest, "avif")
    made = first.stat().st_ino
    image_renderer.submit_thumbnails([picture.digest])
    image_renderer._background.submit(int).result(60)
    assert image_renderer.thumbnail(picture.digest, "avif").stat().st_ino == made
