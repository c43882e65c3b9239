"""The peer that we are compared with: a guard written in Lua inside nginx, where nginx can do that."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from load.bench.nginx_conf import HEAD
from load.bench.servers import redis_says

MISSING = "not installed: apt install libnginx-mod-http-lua"
_MODULES = ("ndk_http_module.so", "ngx_http_lua_module.so")  # in the order in which nginx must load them
_GUARD = Path(__file__).with_name("lua_peer.lua")
_COUNT = Path(__file__).with_name("lua_peer_count.lua")

_PEER = """
    upstream app {{ server unix:{folder}/upstream.sock; keepalive 256; }}
    lua_package_path "/usr/share/lua/5.1/?.lua;;";
    server {{
        listen 127.0.0.1:{port};
        set_real_ip_from 127.0.0.1;
        real_ip_header X-Forwarded-For;
        location / {{
            set $peer_redis {redis};
            set $peer_script {script};
            access_by_lua_file {guard};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_pass http://app;
        }}
    }}
}}
"""


def lua_modules(nginx: str) -> list[Path] | None:
    """The files to load; an empty list where Lua is built in (OpenResty); None where it is missing."""
    said = subprocess.run([nginx, "-V"], capture_output=True, text=True, timeout=10, check=False).stderr
    if re.search(r"ngx_lua-|--add-module=\S*lua-nginx-module", said):
        return []
    named = re.search(r"--modules-path=(\S+)", said)
    paths = [Path(named[1]) / name for name in _MODULES] if named else []
    return paths if paths and all(path.exists() for path in paths) else None


def write_lua_peer(folder: Path, user: str, port: int, redis: Path, modules: list[Path]) -> Path:
    """Load the peer's script into Redis and write its nginx file. Raises RuntimeError when Redis refuses."""
    script = redis_says(redis, "SCRIPT", "LOAD", _COUNT.read_text(encoding="utf-8"))
    values = {"folder": folder, "port": port, "redis": redis, "script": script, "guard": _GUARD}
    head = "".join(f"load_module {module};\n" for module in modules)
    text = HEAD.format(folder=folder, name="lua", user=user) + _PEER.format(**values)
    path = folder / "lua.conf"
    path.write_text(head + text, encoding="utf-8")
    return path
