"""Stands in for `python -m services_stub up`: writes a state file, and lives until it is told to end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

ended = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ended.set())

mode = os.environ["FAKE_MODE"]
arguments = sys.argv[1:]
directory = Path(arguments[arguments.index("--data-dir") + 1])
sys.stdout.write(f"the broker is up {arguments[0]}\n")
sys.stdout.flush()
if mode == "refuses":
    sys.stdout.write("Port 1 is in use.\nChoose another one.\n")
    sys.exit(1)
sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
child = subprocess.Popen(sleeper, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
state = {
    "phase": "running",
    "gateway": "http://127.0.0.1:8080",
    "kafka": {"mode": "embedded", "bootstrapServers": "127.0.0.1:9"},
    "users": [{"role": "admin", "email": "admin@example.com", "password": "secret"}],
    "cartStore": "valkey://127.0.0.1:8/0",
    "dataDir": str(directory),
    "services": [{"name": "order", "pid": child.pid, "port": 7, "ready": False, "restarts": 0, "paused": False}],
    "infrastructure": [{"name": "valkey", "pid": 0, "restarts": 0, "paused": False}],
    "startedAt": "2026-01-01T00:00:00Z",
    "supervisorPid": os.getpid(),
    "launcherPid": 0,
    "seed": 1,
    "controlUrl": "http://127.0.0.1:6",
    "controlToken": "token",
    "internalToken": "token",
}
(directory / "marketplace.json").write_text(json.dumps(state))
ended.wait(60)
if mode == "forgets a child":
    (directory / "left").write_text(str(child.pid))
else:
    child.kill()
    child.wait()
