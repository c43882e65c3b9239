"""gunicorn's settings for the sample shop: gunicorn -c python:load.shop.gunicorn_conf load.shop.wsgi:app"""

from __future__ import annotations

import os

bind = os.environ.get("SHOP_BIND", "127.0.0.1:8081")
workers = 1  # orders are counted in one process, and so exactly
worker_class = "gthread"
threads = 32  # pages wait 5 ms each; a launch asks for many assets at once
keepalive = 75  # longer than nginx keeps its connections
accesslog = None
errorlog = "-"
loglevel = "warning"
