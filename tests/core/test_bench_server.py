import sys

import psutil

from bench import server

PARENT = "import subprocess, sys, time; subprocess.Popen(['sleep', '60']); print(flush=True); time.sleep(60)"


def test_a_server_that_is_ended_leaves_no_child_at_work():
    process = psutil.Popen([sys.executable, "-c", PARENT], stdout=-1)
    process.stdout.readline()
    (child,) = process.children()
    server._end(process)
    process.stdout.close()
    assert not process.is_running()
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
