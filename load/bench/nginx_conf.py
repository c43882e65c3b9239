"""The nginx files of the benchmark: an upstream that costs next to nothing, and the gates in front of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from load.bench.scenarios import Gate
from load.bench.servers import PROJECT

SHIPPED = PROJECT / "nginx"

# Workers and connections as a small server would have them; no access log anywhere, so that gates differ only
# in what guards them. Sockets are under the folder, hence a root's workers stay root.
_HEAD = """\
{user}worker_processes auto;
daemon off;
pid {folder}/{name}.pid;
error_log stderr error;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/{name}-body;
    proxy_temp_path {folder}/{name}-proxy;
    fastcgi_temp_path {folder}/{name}-fastcgi;
    uwsgi_temp_path {folder}/{name}-uwsgi;
    scgi_temp_path {folder}/{name}-scgi;
"""

_UPSTREAM = """
    server {{
        listen unix:{folder}/upstream.sock;
        location / {{ default_type text/plain; return 200 "ok\\n"; }}
    }}
    server {{
        listen unix:{folder}/yes.sock;
        location / {{ return 204; }}
    }}
}}
"""

_GATES = """
    upstream app {{ server unix:{folder}/upstream.sock; keepalive 64; }}
    upstream yes {{ server unix:{folder}/yes.sock; keepalive 64; }}
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    server {{
        listen 127.0.0.1:{unguarded};
        location / {{ proxy_pass http://app; }}
    }}
    server {{
        listen 127.0.0.1:{ceiling};
        location / {{ auth_request /_guard; proxy_pass http://app; }}
        location = /_guard {{
            internal;
            proxy_pass http://yes;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header Connection "";
        }}
    }}
    server {{
        listen 127.0.0.1:{deny_all};
        location / {{ deny all; }}
    }}
}}
"""


def write_upstream(folder: Path, user: str) -> Path:
    """A static 200, and the 204 of the ceiling."""
    return _write(folder, "upstream", _HEAD + _UPSTREAM, {"user": user})


def write_gates(folder: Path, user: str, ports: Mapping[Gate, int]) -> Path:
    """The gates that need no decider."""
    named = {gate.value: str(port) for gate, port in ports.items()}
    return _write(folder, "gates", _HEAD + _GATES, {"user": user, **named})


def _write(folder: Path, name: str, template: str, values: Mapping[str, str]) -> Path:
    path = folder / f"{name}.conf"
    path.write_text(template.format(folder=folder, name=name, **values))
    return path


def write_guard(folder: Path, user: str, gate: Gate, port: int) -> Path:
    """The shipped nginx files with other addresses. Raises RuntimeError when one to replace is gone."""
    run = folder / f"guard-{gate.value}"
    run.mkdir()
    for source in sorted(SHIPPED.glob("*.conf")):
        (run / source.name).write_text(source.read_text(encoding="utf-8"))
    for name, there, here in (
        ("upstream.conf", "server 127.0.0.1:3000;", f"server unix:{folder}/upstream.sock;"),
        ("addresses.conf", "/run/decider/decider.sock", f"{folder}/{gate.value}.sock"),
        ("addresses.conf", "/run/decider/", f"{run}/"),
        # the other gates write no log either; what the log costs is a figure of its own
        (
            "addresses.conf",
            f"access_log syslog:server=unix:{run}/access.sock,tag=decider,nohostname decider_json;",
            "access_log off;",
        ),
        ("gateway.conf", "listen 8080;", f"listen 127.0.0.1:{port};\n    keepalive_requests 1000000;"),
        ("nginx.conf", "/run/decider/", f"{run}/"),
        ("nginx.conf", "worker_processes auto;", f"{user}daemon off;\nworker_processes auto;"),
    ):
        text = (run / name).read_text(encoding="utf-8")
        if there not in text:
            raise RuntimeError(f"nginx/{name} no longer holds {there!r}: adapt load/bench/nginx_conf.py")
        (run / name).write_text(text.replace(there, here))
    return run / "nginx.conf"
