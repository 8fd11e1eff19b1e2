"""The cache of exported files in front of a bucket of a real S3 server, and the contract that both caches keep."""

from __future__ import annotations

import hashlib
import os
import secrets
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import obstore
import pytest
from click.testing import CliRunner
from obstore.exceptions import PermissionDeniedError
from waiting import LIMIT_SECONDS, wait_for

from reader.cli import main
from reader.errors import BadSetting
from reader.settings import Settings
from reader.storage import bucket as bucket_module
from reader.storage.bucket import MOST_REQUESTS, Bucket
from reader.storage.file_cache import FileCache
from reader.storage.shared_file_cache import SharedFileCache, export_store

PDF = b"%PDF-1.7 " + bytes(range(256)) * 100


@pytest.fixture
def bucket_url(s3, monkeypatch):
    """An empty folder of a bucket."""
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    return f"s3://reader/{secrets.token_hex(6)}"


@pytest.fixture(params=["folder", "s3"])
def store(request, tmp_path):
    url = request.getfixturevalue("bucket_url") if request.param == "s3" else ""
    return export_store(tmp_path / "exports", 1_000_000, url)


def machines(tmp_path, url, count=2):
    return [SharedFileCache(tmp_path / f"{n}" / "exports", 1_000_000, Bucket(url)) for n in range(count)]


def test_what_was_put_is_found_opened_and_measured(store):
    assert (store.find("aa-1.pdf"), store.open("aa-1.pdf")) == (None, None)
    assert store.put("aa-1.pdf", PDF).read_bytes() == PDF
    assert store.find("aa-1.pdf").read_bytes() == PDF
    with store.open("aa-1.pdf") as file:
        assert file.read() == PDF
    assert store.sizes(["aa-1.pdf", "aa-2.pdf"]) == {"aa-1.pdf": len(PDF)}
    store.put("aa-1.pdf", b"")
    assert store.find("aa-1.pdf").read_bytes() == b""
    with pytest.raises(ValueError, match="not a key"):
        store.find("../etc/passwd")


def test_what_one_machine_has_made_is_found_by_another_and_by_one_that_has_lost_its_folder(tmp_path, bucket_url):
    first, second = machines(tmp_path, bucket_url)
    first.put("aa-1.pdf", PDF)
    assert second.sizes(["aa-1.pdf"]) == {}
    assert second.find("aa-1.pdf").read_bytes() == PDF
    assert second.sizes(["aa-1.pdf"]) == {"aa-1.pdf": len(PDF)}
    first.find("aa-1.pdf").unlink()
    with first.open("aa-1.pdf") as file:
        assert file.read() == PDF
    first.put_here("aa-2.txt", b"here")
    assert second.find("aa-2.txt") is None


def test_what_must_be_in_the_bucket_replaces_another_object_of_its_name(s3, bucket_url):
    bucket, folder = Bucket(bucket_url), bucket_url.removeprefix("s3://reader/")
    obstore.put(s3.objects("reader"), f"{folder}/pictures/1", b"the page of a proxy")
    for _ in range(2):
        assert bucket.ensure("pictures/1", PDF)
        assert bucket.download("pictures/1", b"".join, 1_000_000) == PDF


def test_a_file_larger_than_the_cache_is_no_error(tmp_path, bucket_url):
    store = SharedFileCache(tmp_path, 1_000, Bucket(bucket_url))
    store.put("aa-1.pdf", PDF)
    assert store.find("aa-1.pdf") is None


def test_files_of_many_megabytes_arrive_whole(tmp_path, bucket_url):
    first, second = (SharedFileCache(tmp_path / n, 10**9, Bucket(bucket_url)) for n in "ab")
    content = os.urandom(1 << 20) * 24
    first.put("aa-1.zim", content)
    assert second.find("aa-1.zim").read_bytes() == content


def test_a_bucket_that_is_gone_costs_one_refusal_and_nothing_is_lost(tmp_path, bucket_url, monkeypatch, caplog):
    [store] = machines(tmp_path, bucket_url, 1)
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:9")
    assert store.find("aa-1.pdf") is None
    asked = []
    monkeypatch.setattr(obstore, "head", lambda *_: asked.append(1))
    for n in range(3):
        assert store.put(f"aa-{n}.pdf", PDF).read_bytes() == PDF
        assert store.find(f"bb-{n}.pdf") is None
    assert (asked, store.sizes(["aa-0.pdf"])) == ([], {"aa-0.pdf": len(PDF)})
    assert [record.levelname for record in caplog.records if bucket_url in record.message] == ["ERROR"]


def test_a_bucket_is_used_again_when_it_answers_again(tmp_path, bucket_url, monkeypatch, caplog):
    first, second = machines(tmp_path, bucket_url)
    first.put("aa-1.pdf", PDF)
    monkeypatch.setattr(bucket_module, "PAUSE_SECONDS", 0.05)
    second.bucket._note_failure("download", OSError("cut off"))
    assert second.find("aa-1.pdf") is None
    wait_for(lambda: second.find("aa-1.pdf"))
    assert [record.levelname for record in caplog.records if bucket_url in record.message] == ["ERROR", "WARNING"]


def test_a_bucket_that_can_only_be_read_is_logged_once(tmp_path, bucket_url, monkeypatch, caplog):
    first, second = machines(tmp_path, bucket_url)
    first.put("aa-0.pdf", PDF)
    monkeypatch.setattr(bucket_module, "PAUSE_SECONDS", 0.0)

    def refused(*_arguments, **_options):
        raise PermissionDeniedError("403")

    monkeypatch.setattr(obstore, "put", refused)
    for n in range(1, 4):
        assert second.put(f"aa-{n}.pdf", PDF).read_bytes() == PDF
        assert second.find(f"bb-{n}.pdf") is None
    assert second.find("aa-0.pdf").read_bytes() == PDF
    assert [record.levelname for record in caplog.records if bucket_url in record.message] == ["ERROR"]


def test_a_bucket_that_is_silent_holds_few_threads(tmp_path, s3, bucket_url, monkeypatch):
    """It accepts connections and never answers. The threads that answer pages do without it."""
    monkeypatch.setattr(bucket_module, "FIRST_ANSWER_SECONDS", 1)
    [store] = machines(tmp_path, bucket_url, 1)
    held, real = threading.Semaphore(0), obstore.head

    def head(*arguments):
        held.release()
        return real(*arguments)

    monkeypatch.setattr(obstore, "head", head)
    s3.process.send_signal(signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(MOST_REQUESTS) as visitors:
            waiting = [visitors.submit(store.find, f"aa-{n}.pdf") for n in range(MOST_REQUESTS)]
            for _ in waiting:
                assert held.acquire(timeout=LIMIT_SECONDS)
            assert store.find("bb-1.pdf") is None
            assert not any(future.done() for future in waiting)
            assert [future.result(LIMIT_SECONDS) for future in waiting] == [None] * MOST_REQUESTS
        store.bucket._silent_until, uploads = 0.0, []
        with monkeypatch.context() as patched:
            patched.setattr(obstore, "put", lambda *_, **__: uploads.append(1))
            store.put("aa-2.pdf", PDF)
        assert uploads == [], "it would be waited for longer"
    finally:
        s3.process.send_signal(signal.SIGCONT)
    assert store.put("aa-1.pdf", PDF).read_bytes() == PDF


def test_an_object_that_ends_early_is_no_file(tmp_path, bucket_url, monkeypatch):
    first, second = machines(tmp_path, bucket_url)
    first.put("aa-1.pdf", PDF)
    real = obstore.get

    class Short:
        def __init__(self, found):
            self.meta, self.attributes, self._found = found.meta, found.attributes, found

        def stream(self):
            yield next(iter(self._found.stream()))[:100]

    monkeypatch.setattr(obstore, "get", lambda *arguments: Short(real(*arguments)))
    assert second.find("aa-1.pdf") is None
    assert [path for path in second.folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "attributes",
    [{}, {"sha256": "0" * 64}, {"sha256": hashlib.sha256(PDF * 100).hexdigest()}],
    ids=["the page of a proxy", "other bytes", "more than the cache holds"],
)
def test_an_object_that_reader_did_not_put_there_is_no_file_and_is_replaced(
    tmp_path, s3, bucket_url, attributes, caplog
):
    first, second = machines(tmp_path, bucket_url)
    name = f"{bucket_url.removeprefix('s3://reader/')}/exports/aa/aa-1.pdf"
    obstore.put(s3.objects("reader"), name, PDF * 100, attributes=attributes)
    assert first.find("aa-1.pdf") is None
    assert [path for path in first.folder.rglob("*") if path.is_file()] == []
    assert [record.levelname for record in caplog.records if bucket_url in record.message] == ["WARNING"]
    first.put("aa-1.pdf", PDF)
    assert second.find("aa-1.pdf").read_bytes() == PDF


def test_a_full_disk_fetches_nothing_and_raises_nothing(tmp_path, bucket_url, monkeypatch):
    first, second = machines(tmp_path, bucket_url)
    first.put("aa-1.pdf", PDF)

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert second.find("aa-1.pdf") is None
    monkeypatch.undo()


def test_doctor_says_whether_the_bucket_answers(tmp_path, bucket_url, s3, monkeypatch):
    def report(**variables):
        places = {"READER_ARTICLES": str(tmp_path), "READER_INSTANCE": str(tmp_path / "i"), "READER_BUCKET": bucket_url}
        return CliRunner().invoke(main, ["doctor"], env={"LC_ALL": "C.UTF-8"} | places | variables)

    assert f"bucket: {bucket_url}" in report().output
    wrong = report(AWS_SECRET_ACCESS_KEY="wrong")
    assert (wrong.exit_code, f"the bucket {bucket_url} fails" in wrong.output) == (1, True)
    gone = report(AWS_ENDPOINT="http://reader:hush@127.0.0.1:9").output
    assert ("http://127.0.0.1:9/" in gone, "hush" in gone) == (True, False)


@pytest.mark.parametrize(
    "url", ["news-files", "http://s3.example/", "s3://", "s3://A", "s3://a b", "s3://files/../x y"]
)
def test_what_is_no_bucket_is_refused(url):
    with pytest.raises(BadSetting, match="READER_BUCKET"):
        Settings.from_environ({"READER_BUCKET": url})


def test_without_obstore_the_setting_is_refused_with_the_command(monkeypatch, tmp_path):
    monkeypatch.setattr(bucket_module, "find_spec", lambda _: None)
    with pytest.raises(BadSetting, match=r"requirements-many\.txt"):
        export_store(tmp_path, 1_000_000, "s3://files")


def test_without_a_bucket_obstore_is_not_loaded(tmp_path):
    assert type(export_store(tmp_path, 1_000_000, "")) is FileCache
