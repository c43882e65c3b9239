"""gunicorn's settings for the dashboard: gunicorn -c python:dash_app.gunicorn_conf dash_app.wsgi:server"""

from __future__ import annotations

import os

bind = os.environ.get("DASHBOARD_BIND", "127.0.0.1:8050")  # loopback: passwords need TLS on any other way
worker_class = "gthread"  # callbacks wait for MongoDB; threads share one reader and its cache
workers = 1  # one process serves 25 open dashboards; more would each keep a cache of their own
threads = 8  # callbacks at once; a tick takes milliseconds
timeout = 30
graceful_timeout = 2
forwarded_allow_ips = ""  # login/proxy.py reads what proxies tell, once, and from trusted ones only
accesslog = None
errorlog = "-"
loglevel = "warning"
proc_name = "decider-dashboard"
