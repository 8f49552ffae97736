"""Validate a crate without a network, in .venv-crate: ``validate_crate.py CRATE CONTEXT``.

The validator asks for the context of RO-Crate 1.1, and offline takes it from its cache alone: so it
is put there from a file.
"""

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROFILE = "workflow-run-crate"


class FromFile(HTTPAdapter):
    """Answers every request with the content of a file."""

    def __init__(self, path):
        super().__init__()
        self.path = path

    def send(self, request, **options):
        kind = {"Content-Type": "application/ld+json"}
        body = io.BytesIO(self.path.read_bytes())
        raw = HTTPResponse(body, kind, 200, preload_content=False, request_url=request.url)
        return self.build_response(request, raw)


def main(crate, context):
    """Return the status of the validator, which prints what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        cache = str(Path(folder, "cache"))
        session = CachedSession(cache_name=cache, backend="sqlite", expire_after=-1)
        session.mount("https://", FromFile(Path(context)))
        session.get(CONTEXT)
        session.close()
        program = Path(sys.executable).with_name("rocrate-validator")
        command = [program, "-y", "--disable-color", "validate", "--offline", "--cache-path", cache]
        command += ["--no-paging", "--verbose", "--profile-identifier", PROFILE, crate]
        return subprocess.call(command)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
