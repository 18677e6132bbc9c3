# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The images in the registry: what each is made of and how it starts.

All are Debian trixie's own packages, run as root inside, and have busybox's shell and tools.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Image:
    """One image: a tree of packages and files, an optional small layer on top, start settings."""

    name: str
    tag: str
    packages: tuple[str, ...] = ()
    # Globs of what the packages bring and nothing here runs.
    drop: tuple[str, ...] = ()
    # Path to text; a text that starts with #! becomes executable.
    files: t.Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    top: t.Mapping[str, str] = field(default_factory=dict)
    settings: t.Mapping[str, t.Any] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """NAME:TAG, without the registry."""
        return f"{self.name}:{self.tag}"

    @property
    def tree_digest(self) -> str:
        """Changes when the first layer's recipe does."""
        return _digest(
            [BUILDER, COMMON, DROP, self.packages, self.drop, dict(self.files), self.folders]
        )

    @property
    def digest(self) -> str:
        """Changes when anything of the recipe does."""
        return _digest([BUILDER, COMMON, DROP, asdict(self)])


def _digest(recipe: object) -> str:
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]


# Raised when trees.py makes other trees of the same recipe.
BUILDER = 2

# In every tree: the users that the programs ask for.
COMMON = {
    "etc/passwd": (
        "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/sh\n"
        "postgres:x:70:70::/var/lib/postgresql:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"
    ),
    "etc/group": "root:x:0:\nwww-data:x:33:\npostgres:x:70:\nnogroup:x:65534:\n",
    "etc/shadow": "root:*:1::::::\npostgres:*:1::::::\n",
}

# What the packages bring and nothing in a container reads.
DROP = (
    *("usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/lintian"),
    *("usr/share/bash-completion", "usr/share/vim", "usr/share/pixmaps", "usr/share/bug"),
    # Perl comes with packages' installation scripts, which don't run here.
    *("usr/share/perl*", "usr/lib/*/perl*", "usr/bin/perl*", "usr/lib/*/gconv"),
    *("var/lib/dpkg", "var/lib/apt", "var/cache", "var/log/apt", "etc/apt", "etc/dpkg"),
    # Podman writes its own.
    *("etc/resolv.conf", "etc/hostname", "etc/hosts", "etc/fstab"),
)

_NGINX = {
    "etc/nginx/nginx.conf": """\
user root;
daemon off;
worker_processes 1;
pid /run/nginx.pid;
error_log /dev/stderr notice;
events { worker_connections 256; }
http {
    include /etc/nginx/mime.types;
    access_log /dev/stdout;
    include /etc/nginx/conf.d/*.conf;
}
""",
    "etc/nginx/conf.d/default.conf": """\
server {
    listen 80;
    root /usr/share/nginx/html;
    location = /health { return 200 "ok\\n"; }
}
""",
}

_POSTGRES = {
    "usr/bin/postgres-entry": """\
#!/bin/sh
# Makes the data folder on the first start (POSTGRES_USER, _PASSWORD or _PASSWORD_FILE, _DB), then
# becomes the server, which refuses to run as root.
set -eu
export PGDATA=${PGDATA:-/var/lib/postgresql/data}
user=${POSTGRES_USER:-postgres}
mkdir -p "$PGDATA" /run/postgresql
chown postgres:postgres "$PGDATA" /run/postgresql
chmod 0700 "$PGDATA"
as_postgres() { su -s /bin/sh postgres -c 'exec "$0" "$@"' -- "$@"; }
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    [ -z "${POSTGRES_PASSWORD_FILE:-}" ] || POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    if [ -n "${POSTGRES_PASSWORD:-}" ]; then
        (umask 077 && printf '%s\\n' "$POSTGRES_PASSWORD" > /run/postgresql/password)
        chown postgres /run/postgresql/password
        as_postgres initdb -D "$PGDATA" -U "$user" --no-locale -E UTF8 --no-sync \\
            --auth-local=trust --auth-host=scram-sha-256 --pwfile=/run/postgresql/password
        rm /run/postgresql/password
        method=scram-sha-256
    else
        as_postgres initdb -D "$PGDATA" -U "$user" --no-locale -E UTF8 --no-sync --auth=trust
        method=trust
    fi
    echo "host all all all $method" >> "$PGDATA/pg_hba.conf"
    database=${POSTGRES_DB:-$user}
    if [ "$database" != postgres ]; then
        echo "CREATE DATABASE \\"$database\\"" | as_postgres postgres --single -D "$PGDATA" postgres
    fi
fi
exec su -s /bin/sh postgres -c 'exec "$0" "$@"' -- \\
    postgres -D "$PGDATA" -c listen_addresses='*' -c jit=off "$@"
""",
}

_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _nginx(tag: str) -> Image:
    return Image(
        "nginx",
        tag,
        packages=("nginx",),
        files=_NGINX,
        folders=("var/lib/nginx", "var/log/nginx"),
        top={"usr/share/nginx/html/index.html": f"<h1>nginx {tag}</h1>\n"},
        settings={
            "Cmd": ["nginx"],
            "Env": [_PATH],
            "ExposedPorts": {"80/tcp": {}},
            "Labels": {"org.opencontainers.image.version": tag},
            "StopSignal": "SIGQUIT",
        },
    )


IMAGES = (
    Image("busybox", "1", settings={"Cmd": ["sh"], "Env": [_PATH]}),
    _nginx("1"),
    _nginx("2"),
    Image(
        "valkey",
        "1",
        packages=("valkey-server",),
        folders=("data",),
        settings={
            "Cmd": ["valkey-server", "--bind", "0.0.0.0", "--protected-mode", "no"],
            "Env": [_PATH],
            "ExposedPorts": {"6379/tcp": {}},
            "Volumes": {"/data": {}},
            "WorkingDir": "/data",
        },
    ),
    Image(
        "postgres",
        "1",
        packages=("postgresql-17",),
        drop=(
            # The just-in-time compiler is two thirds of the package's dependencies.
            "usr/lib/*/libLLVM*",
            "usr/lib/*/libz3*",
            "usr/lib/postgresql/*/lib/llvmjit*",
            "usr/lib/postgresql/*/lib/bitcode",
            # initdb runs with --no-locale.
            "usr/share/i18n",
        ),
        files=_POSTGRES,
        folders=("var/lib/postgresql/data",),
        settings={
            "Entrypoint": ["postgres-entry"],
            # First: Debian's own psql is a Perl wrapper.
            "Env": [_PATH.replace("=", "=/usr/lib/postgresql/17/bin:")],
            "ExposedPorts": {"5432/tcp": {}},
            "StopSignal": "SIGINT",
            "Volumes": {"/var/lib/postgresql/data": {}},
        },
    ),
    Image(
        "python",
        "1",
        packages=("python3",),
        settings={
            "Cmd": ["python3"],
            "Env": [_PATH, "PYTHONUNBUFFERED=1"],
            # As process 1 it ignores SIGTERM, but always handles this one.
            "StopSignal": "SIGINT",
        },
    ),
)
