"""The nginx files of the benchmark: an upstream that costs next to nothing, and the gates in front of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from load.bench.scenarios import Gate
from load.bench.servers import PROJECT

# Workers and connections as a small server would have them; no access log anywhere, so that gates differ only
# in what guards them. Sockets are under the folder, hence a root's workers stay root.
HEAD = """\
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
    upstream app {{ server unix:{folder}/upstream.sock; keepalive 256; }}
    upstream yes {{ server unix:{folder}/yes.sock; keepalive 256; }}
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
    return _write(folder, "upstream", HEAD + _UPSTREAM, {"user": user})


def write_gates(folder: Path, user: str, ports: Mapping[Gate, int]) -> Path:
    """The gates that need no decider."""
    named = {gate.value: str(port) for gate, port in ports.items()}
    return _write(folder, "gates", HEAD + _GATES, {"user": user, **named})


def _write(folder: Path, name: str, template: str, values: Mapping[str, str]) -> Path:
    path = folder / f"{name}.conf"
    path.write_text(template.format(folder=folder, name=name, **values))
    return path


def lease_of(decider: Path) -> Path:
    """The file by which the decider at this socket calls back what its nginx keeps."""
    return decider.with_suffix(".lease")


def write_guard(folder: Path, gate: Gate, port: int, decider: Path, access_log: str = "off") -> Path:
    """The shipped nginx files with other addresses. Raises RuntimeError when they cannot be written."""
    run = folder / f"guard-{gate.value}"
    addresses = {
        "--upstream": f"unix:{folder}/upstream.sock",
        "--listen": f"127.0.0.1:{port}",
        "--decider": f"unix:{decider}",
        "--open-socket": f"{run}/open.sock",
        # the other gates write no log either; what the log costs is a figure of its own
        "--access-log": access_log,
        "--deny-cache": f"{run}/deny_cache",
        "--deny-lease": str(lease_of(decider)),
        "--temp": f"{run}/temp",
    }
    render = (sys.executable, "-m", "decider.stack.nginx_files", str(run))
    done = subprocess.run(
        [*render, *chain.from_iterable(addresses.items())],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    conf = run / "nginx.conf"
    text = conf.read_text(encoding="utf-8").replace("http {", "http {\n    keepalive_requests 1000000;", 1)
    conf.write_text(f"daemon off;\n{text}", encoding="utf-8")
    return conf
