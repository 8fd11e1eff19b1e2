"""An S3 server of the tests' own: SeaweedFS, on loopback, with a temporary folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import obstore
import pytest
from obstore.exceptions import BaseError
from obstore.store import S3Store
from serving import free_port
from waiting import LIMIT_SECONDS, wait_for

ACCESS_KEY, SECRET_KEY = "reader", "reader-secret"
SERVICES = ("master", "volume", "filer", "s3")


@dataclass(frozen=True)
class S3Server:
    """A running server; it has the bucket ``reader``."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead to the server."""
        return {
            "AWS_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": "us-east-1",
        }

    def objects(self, bucket: str) -> S3Store:
        return S3Store(
            bucket,
            endpoint=f"http://127.0.0.1:{self.port}",
            access_key_id=ACCESS_KEY,
            secret_access_key=SECRET_KEY,
            client_options={"allow_http": True, "timeout": "5s"},
            retry_config={"max_retries": 0},
        )


@contextmanager
def running_s3_server() -> Iterator[S3Server]:
    program = Path(sys.executable).with_name("weed")
    if not program.exists():
        pytest.fail("SeaweedFS is missing: bash scripts/setup.sh test")
    folder = Path(tempfile.mkdtemp(prefix="reader-s3-"))
    identity = {
        "name": "reader",
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    (folder / "identities.json").write_text(json.dumps({"identities": [identity]}), "utf-8")
    ports = {name: free_port() for name in SERVICES}
    options = [f"-{name}.port={port}" for name, port in ports.items()]
    options += [f"-{name}.port.grpc={free_port()}" for name in SERVICES]
    command = [
        program, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false", "-s3",
        f"-s3.config={folder}/identities.json", f"-filer.localSocket={folder}/socket", "-master.volumeSizeLimitMB=64",
        "-master.volumePreallocate=false", "-s3.port.iceberg=0", "-s3.port.lance=0", *options,
    ]  # fmt: skip
    environment = {"PATH": os.defpath, "HOME": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    server = S3Server(ports["s3"], process)
    try:
        wait_for(lambda: answers(server))
        yield server
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait(LIMIT_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def answers(server: S3Server) -> bool:
    assert server.process.poll() is None
    with suppress(BaseError):
        obstore.put(server.objects("reader"), "ready", b"ready")
        return True
    return False
