"""gunicorn's settings for the decider. Start: gunicorn -c python:decider.gunicorn_conf decider.asgi:app"""

from __future__ import annotations

import os

bind = os.environ.get("DECIDER_BIND", "unix:/run/decider/decider.sock")

# One worker decides about 15,000 requests/s; more workers help only where cores are free for them.
# A wrong value is told by the settings of the app, together with all other faults.
_workers = os.environ.get("DECIDER_WORKERS", "1")
workers = int(_workers) if _workers.isascii() and _workers.isdecimal() else 1

# ASGI on uvloop and httptools: the fastest way to run many small awaits on Redis under gunicorn.
worker_class = "decider.web.worker_class.DeciderWorker"

# Longer than nginx's keepalive_timeout (60 s), so that nginx is always the one to close an idle connection.
keepalive = 75

# A worker whose event loop stands still for 10 s is replaced; nginx has long been failing open by then.
timeout = 10

# Decisions take milliseconds; two seconds let the last events reach the stream.
graceful_timeout = 2

# nginx's workers run under another user and must be able to connect to the socket.
umask = 0o000

# nginx is the only client, over a unix socket or a private network, and sends no proxy headers.
forwarded_allow_ips = ""

accesslog = None  # nginx writes the access log
errorlog = "-"
loglevel = "warning"
proc_name = "decider"
