"""`make audit`: an unreachable advisory source is told, never taken for a clean result."""

import http.server
import json
import sys
import threading
from contextlib import contextmanager

import pytest

from core.ports import free_port
from scripts import audit


@contextmanager
def advisories(answer):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
    server.shutdown()
    server.server_close()
    thread.join()


def auditor(code):
    return [sys.executable, "-c", f"raise SystemExit({code})"]


def test_an_unreachable_source_gives_its_own_exit_code_and_says_so(capsys):
    source = f"http://127.0.0.1:{free_port()}/v1/query"
    assert audit.main(source, auditor(0)) == audit.NOT_AUDITED
    assert "Nothing was audited" in capsys.readouterr().out


def test_a_source_that_does_not_know_a_known_advisory_is_not_believed(capsys):
    with advisories({}) as source:
        assert audit.main(source, auditor(0)) == audit.NOT_AUDITED
    assert "Nothing was audited" in capsys.readouterr().out


@pytest.mark.parametrize(("found", "code"), [(0, 0), (1, 1), (2, 1)])
def test_what_the_auditor_finds_is_the_exit_code(found, code):
    with advisories({"vulns": [{"id": "X"}]}) as source:
        assert audit.main(source, auditor(found)) == code


def test_a_missing_auditor_is_told(capsys):
    with advisories({"vulns": [{"id": "X"}]}) as source:
        assert audit.main(source, ["no-such-auditor"]) == audit.NOT_AUDITED
    assert "not installed" in capsys.readouterr().out
