"""A runnable nginx folder: the shipped files with other addresses put in.

The shipped files are complete and run as they are. Each address is found by the text around it, exactly as
often as it stands there: an edit of the files that this module does not know of is an error, and no silent
default. As a program it writes a folder for a gateway of your own:

    python -m decider.stack.nginx_files /etc/decider-gateway --upstream 127.0.0.1:3000 --listen 80
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from decider.core.errors import FaultyInput, SettingsError
from decider.stack.memory_folder import deny_cache_folder
from decider.stack.nginx_addresses import NginxAddresses
from decider.stack.settings import StackSettings

SHIPPED = Path(__file__).resolve().parents[2] / "nginx"
SNIPPETS = "decider"  # the folder of files that hold no address

_ACCESS_LOG = "access_log syslog:server={},tag=decider,nohostname decider_recorder;"
_SHIPPED = NginxAddresses()

# (what the shipped file says, what it becomes), and how often it says so
Replacements = dict[str, tuple[str, int]]


def write_nginx_files(settings: StackSettings, upstream: str, access_log: str) -> None:
    """The gateway of one running copy; it writes to RUN_DIR, and its deny cache to memory where it can."""
    folder = settings.folder
    addresses = NginxAddresses(
        upstream=upstream,
        listen=str(settings.gateway_port),
        decider=f"unix:{folder.decider_socket}",
        open_socket=folder.open_socket,
        access_log=access_log,
        deny_cache=deny_cache_folder(folder.path),
        deny_lease=folder.deny_lease,
        temp=folder.nginx,
        decider_workers=int(settings.passed_on.get("DECIDER_WORKERS", "1")),
    )
    write_nginx_folder(addresses, folder.nginx)


def write_nginx_folder(addresses: NginxAddresses, folder: Path) -> Path:
    """Write ``nginx.conf`` and its includes into ``folder``; gives the path to start nginx with (``-c``).

    Raises SettingsError with every address that is wrong. Writing again overwrites.
    """
    addresses.check()
    for needed in (folder, addresses.temp, addresses.deny_cache.parent):
        needed.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / SNIPPETS, ignore_errors=True)
    (folder / SNIPPETS).mkdir()
    for snippet in sorted((SHIPPED / SNIPPETS).glob("*.conf")):
        shutil.copyfile(snippet, folder / SNIPPETS / snippet.name)
    _write(folder, "addresses.conf", _addresses(addresses))
    _write(folder, "nginx.conf", _process(addresses))
    return folder / "nginx.conf"


def _addresses(wanted: NginxAddresses) -> Replacements:
    if wanted.access_log == "off":
        access_log = "access_log off;"
    else:
        access_log = _ACCESS_LOG.format(wanted.access_log.removeprefix("udp:"))
    trusted = "".join(f"set_real_ip_from {network};\n" for network in wanted.trusted_proxies)
    return {
        f"server {_SHIPPED.upstream};": (f"server {wanted.upstream_server};", 1),
        "proxy_pass http://application;": (f"proxy_pass {wanted.upstream_scheme}://application;", 1),
        f"max_conns={_SHIPPED.most_questions};": (f"max_conns={wanted.most_questions};", 1),
        f"listen {_SHIPPED.listen};": (f"listen {wanted.listen};", 1),
        f"server {_SHIPPED.decider} ": (f"server {wanted.decider} ", 1),
        f" unix:{_SHIPPED.open_socket}": (f" unix:{wanted.open_socket}", 2),
        _ACCESS_LOG.format(_SHIPPED.access_log): (access_log, 1),
        f"proxy_cache_path {_SHIPPED.deny_cache} ": (f"proxy_cache_path {wanted.deny_cache} ", 1),
        f"default {_SHIPPED.deny_lease};": (f"default {wanted.deny_lease};", 1),
        f" {_SHIPPED.temp}/": (f" {wanted.temp}/", 5),
        "".join(f"set_real_ip_from {network};\n" for network in _SHIPPED.trusted_proxies): (trusted, 1),
    }


def _process(wanted: NginxAddresses) -> Replacements:
    # A packaged nginx has its own; this folder may belong to anybody.
    lines = [f"pid {wanted.temp}/nginx.pid;"]
    if os.geteuid() == 0:
        # Else the workers become another user, who may not reach the sockets of a folder below /root.
        lines.append("user root;")
    return {"worker_processes auto;": ("\n".join(["worker_processes auto;", *lines]), 1)}


def _write(folder: Path, name: str, replacements: Replacements) -> None:
    text = (SHIPPED / name).read_text(encoding="utf-8")
    for old, (new, times) in replacements.items():
        if text.count(old) != times:
            raise SettingsError(
                [f"{SHIPPED / name} holds {old!r} {text.count(old)} times, not {times}: was it edited?"]
            )
        text = text.replace(old, new)
    (folder / name).write_text(text, encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 written, 2 an address is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m decider.stack.nginx_files",
        description="Write a runnable nginx folder: the shipped files with your addresses.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="where to write it; overwritten when it is there")
    parser.add_argument("--upstream", default=_SHIPPED.upstream, help="your application")
    parser.add_argument("--listen", default=_SHIPPED.listen, help="port, or address:port")
    parser.add_argument("--decider", default=_SHIPPED.decider, help="unix:/path or host:port")
    parser.add_argument(
        "--decider-workers", type=int, default=_SHIPPED.decider_workers, help="processes at that address"
    )
    parser.add_argument("--open-socket", type=Path, default=_SHIPPED.open_socket, help="nginx's own")
    parser.add_argument("--access-log", default=_SHIPPED.access_log, help="unix:/path, udp:host:port or off")
    parser.add_argument("--deny-cache", type=Path, default=_SHIPPED.deny_cache, help="folder in memory")
    parser.add_argument("--deny-lease", type=Path, default=_SHIPPED.deny_lease, help="the decider's file")
    parser.add_argument("--temp", type=Path, default=_SHIPPED.temp, help="folder on disk")
    parser.add_argument(
        "--trust",
        dest="trusted_proxies",
        nargs="*",
        default=_SHIPPED.trusted_proxies,
        metavar="NETWORK",
        help="proxies whose X-Forwarded-For is believed",
    )
    chosen = vars(parser.parse_args(arguments))
    folder = chosen.pop("folder").absolute()
    try:
        conf = write_nginx_folder(
            NginxAddresses(**chosen | {"trusted_proxies": tuple(chosen["trusted_proxies"])}), folder
        )
    except FaultyInput as error:
        for fault in error.faults:
            print(f"decider: {fault}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"decider: {error.filename} cannot be written ({error.strerror})", file=sys.stderr)
        return 2
    print(f"nginx -c {conf}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
