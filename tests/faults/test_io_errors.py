"""Errors of the disk or the network share below the articles folder, on a server that runs.

A small library, loaded before the C library (``LD_PRELOAD``), makes opening or reading of chosen files fail.
"""

from __future__ import annotations

import shutil
import subprocess

import pytest
from running import Server, running, wait_for

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <stdio.h>
#include <unistd.h>

/* FAULTS/<name> holds the number of the error for every file called <name>. */
static int fault(const char *path, const char *kind) {
    const char *slash = strrchr(path, '/'), *folder = getenv("FAULTS");
    char place[4096], number[16] = "";
    if (!slash || !folder || !strstr(path, "/articles/")) return 0;
    snprintf(place, sizeof place, "%s/%s-%s", folder, kind, slash + 1);
    static int (*real)(const char *, int, ...);
    if (!real) real = dlsym(RTLD_NEXT, "open");
    int handle = real(place, O_RDONLY);
    if (handle < 0) return 0;
    ssize_t size = read(handle, number, sizeof number - 1);
    close(handle);
    return size > 0 ? atoi(number) : 0;
}

#define OPEN(name) \
int name(const char *path, int flags, ...) { \
    static int (*real)(const char *, int, ...); \
    if (!real) real = dlsym(RTLD_NEXT, #name); \
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
    int error = fault(path, "open"); \
    if (error) { errno = error; return -1; } \
    return real(path, flags, mode); \
}
OPEN(open)
OPEN(open64)

ssize_t read(int handle, void *buffer, size_t size) {
    static ssize_t (*real)(int, void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "read");
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length > 0) {
        path[length] = 0;
        int error = strstr(path, "/articles/") ? fault(path, "read") : 0;
        if (error) { errno = error; return -1; }
    }
    return real(handle, buffer, size);
}
"""

EIO, EACCES, ENAMETOOLONG, ESTALE = 5, 13, 36, 116

pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler")


@pytest.fixture
def faults(tmp_path):
    """The folder in which a test names the files that fail; its library is loaded into every process."""
    source, library = tmp_path / "faults.c", tmp_path / "faults.so"
    source.write_text(SOURCE, "ascii")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    folder = tmp_path / "faults"
    folder.mkdir()
    return folder


CASES = {
    "eio-at-open": ("open", EIO, "Input/output error"),
    "eio-at-read": ("read", EIO, "Input/output error"),
    "no-right": ("open", EACCES, "Permission denied"),
    "stale-at-open": ("open", ESTALE, "Stale file handle"),
    "stale-at-read": ("read", ESTALE, "Stale file handle"),
    "long-name": ("open", ENAMETOOLONG, "File name too long"),
}


def test_files_that_fail_keep_their_last_version_and_are_read_once_the_disk_works_again(faults, tmp_path):
    environment = {
        "LD_PRELOAD": str(tmp_path / "faults.so"),
        "FAULTS": str(faults),
        "READER_WATCH": "no",
        "READER_SCAN_SECONDS": "0.3",
    }
    server = Server(tmp_path, workers=1, environment=environment)

    def says(name: str, text: str) -> bool:
        return text in server.get(f"/a/{name}")[1].decode()

    for name in CASES:
        server.publish(name)
    with running(server):
        wait_for(lambda: all(says(name, "今天下雨") for name in CASES), server)
        for name, (call, number, _) in CASES.items():
            (faults / f"{call}-{name}.md").write_text(str(number), "ascii")
            server.publish(name, "今天放晴。")
        wait_for(lambda: all(f"{name}.md: {cause}" in server.log for name, (_, _, cause) in CASES.items()), server)
        server.publish("fog")
        wait_for(lambda: server.status("/a/fog") == 200, server)
        assert all(says(name, "今天下雨") for name in CASES)
        shutil.rmtree(faults)
        wait_for(lambda: all(says(name, "今天放晴") for name in CASES), server)
        for name, (_, _, cause) in CASES.items():
            assert server.log.count(f"{name}.md: {cause}") == 1
        assert "Traceback" not in server.log
