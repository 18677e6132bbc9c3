"""Whole files: what is declared besides services, and what services say of each other."""

from __future__ import annotations

import typing as t


class Case(t.NamedTuple):
    """A file, the files beside it, variables, and what views show of it."""

    name: str
    text: str
    expected: dict[str, t.Any]
    files: dict[str, str | bytes] | None = None
    env: dict[str, str] | None = None
    names: t.Literal["service", "compose"] = "service"


def _web(keys: str, rest: str = "") -> str:
    lines = "\n".join(f"    {line}" for line in keys.strip("\n").split("\n"))
    return f"services:\n  web:\n    image: x\n{lines}\n{rest}"


_DB = "  db: {image: y}\n"
_ENV = "A=1\nexport B='q r' # c\nC=\"x$A\"\nD\n"

OBJECTS: list[Case] = [
    # top level
    Case("version and name", "version: '3.8'\nname: other\n" + _web("user: a"), {"user": "a"}),
    # variables
    Case(
        "env_file, environment wins",
        _web("env_file: a.env\nenvironment: {A: 2}"),
        {"env": {"A": "2", "B": "q r", "C": "x2", "D": None}},
        {"a.env": _ENV},
    ),
    Case(
        "env_file, the later wins",
        _web("env_file: [a.env, ./b.env]"),
        {"env": {"A": "3", "B": "q r", "C": "x1", "D": "d"}, "remarks": {}},
        {"a.env": _ENV, "b.env": "A=3\n"},
        {"D": "d"},
    ),
    Case(
        "env_file, all overridden",
        _web("env_file: [a.env]\nenvironment: [A=1]"),
        {"env": {"A": "1"}, "remarks": {"services.web.env_file[0]": ["exact"]}},
        {"a.env": "A=0"},
    ),
    Case(
        "env_file, empty",
        _web("env_file: a.env"),
        {"env": {}, "remarks": {"services.web.env_file": ["exact"]}},
        {"a.env": "# nothing\n"},
    ),
    Case(
        "env_file, long",
        _web("env_file: [{path: a.env, format: raw}, {path: no, required: false}]"),
        {"env": {"A": "'q' # c", "B": None}, "remarks": {"services.web.env_file[1]": ["exact"]}},
        {"a.env": "# x\nA='q' # c\n B\n"},
    ),
    Case(
        "passed on",
        _web("environment: {A: null, B: null}"),
        {"env": {"A": "a", "B": None}},
        None,
        {"A": "a"},
    ),
    Case(
        "label_file",
        _web("label_file: [l.env]\nlabels: {a: 2}"),
        {"labels": {"a": "2", "b": "x"}},
        {"l.env": "a=1\nb=x\n"},
    ),
    # bind mounts and files beside the file
    Case(
        "a file beside it",
        _web("volumes: [./n.conf:/etc/n.conf:ro]"),
        {
            "mounts": ["bind ./n.conf /etc/n.conf ro in_files"],
            "files": {"n.conf": "/base/n.conf"},
            "remarks": {},
        },
        {"n.conf": "x"},
    ),
    Case(
        "a file that is written",
        _web("volumes: [./n.conf:/etc/n.conf]"),
        {
            "mounts": ["bind ./n.conf /etc/n.conf ro in_files"],
            "remarks": {"services.web.volumes[0]": ["approximated"]},
        },
        {"n.conf": "x"},
    ),
    Case(
        "a directory that is read",
        _web("volumes: [./c:/x:ro]"),
        {"mounts": ["bind ./c /x ro in_files"], "files": {"c/a": "/base/c/a", "c/b": "/base/c/b"}},
        {"c/a": "", "c/b": ""},
    ),
    Case(
        "a directory of configuration",
        _web("volumes: [./c:/docker-entrypoint-initdb.d]"),
        {
            "mounts": ["bind ./c /docker-entrypoint-initdb.d ro in_files"],
            "remarks": {"services.web.volumes[0]": ["approximated"]},
        },
        {"c/a.sql": ""},
    ),
    Case(
        "a directory of data",
        _web("volumes: [./c:/data]"),
        {
            "mounts": ["bind ./c /data make"],
            "files": {},
            "remarks": {"services.web.volumes[0]": ["approximated"]},
        },
        {"c/a": ""},
    ),
    Case(
        "a directory with too many files",
        _web("volumes: [./c:/data:ro]"),
        {
            "mounts": ["bind ./c /data ro make"],
            "files": {},
            "remarks": {"services.web.volumes[0]": ["approximated"]},
        },
        {f"c/{number}": "" for number in range(501)},
    ),
    # volumes
    Case(
        "a named volume",
        _web("volumes: [data:/d:ro]", "volumes: {data: }"),
        {"mounts": ["volume blog_data /d ro"], "the_volumes": [["blog_data blog_data"]]},
    ),
    Case(
        "a volume's keys",
        _web(
            "volumes: [{type: volume, source: data, target: /d, volume: {subpath: s, "
            "labels: [a]}}]",
            "volumes: {data: {name: n, driver: local, labels: {a: 1}, external: false,"
            " driver_opts: {type: nfs, o: 'addr=1.2.3.4,rw', device: ':/x'}}}",
        ),
        {
            "mounts": ["volume blog_data /d subpath=s"],
            "the_volumes": [
                [
                    "blog_data n",
                    "driver local",
                    "opt type=nfs",
                    "opt o=addr=1.2.3.4,rw",
                    "opt device=:/x",
                    "label a=1",
                ]
            ],
        },
    ),
    Case(
        "a volume of another driver",
        _web("volumes: [dd:/d]", "volumes: {dd: {driver: image}}"),
        {"the_volumes": [["blog_dd blog_dd", "driver image"]]},
    ),
    Case(
        "an external volume",
        _web(
            "volumes: [d1:/d, d2:/e, d3:/f]",
            "volumes: {d1: {external: true},"
            " d2: {external: true, name: real}, d3: {external: {name: old}}}",
        ),
        {
            "mounts": [
                "volume d1 /d external",
                "volume real /e external",
                "volume old /f external",
            ],
            "the_volumes": [],
        },
    ),
    Case(
        "unused things",
        _web(
            "user: a",
            "volumes: {d: {driver: x}}\nnetworks: {n: }\n"
            "secrets: {s: {file: x}}\nconfigs: {c: {file: x}, e: }",
        ),
        {
            "the_volumes": [],
            "stored": {},
            "files": {},
            "remarks": {
                path: ["exact"]
                for path in ("volumes.d", "networks.n", "secrets.s", "configs.c", "configs.e")
            },
        },
    ),
    Case(
        "models that no service uses",
        _web("user: a", "models: {b: {model: c, name: d, context_size: 1, runtime_flags: [e]}}"),
        {"remarks": {"models.b": ["exact"]}},
    ),
    Case(
        "a provider that nothing needs",
        "services: {db: {provider: {type: a, options: {b: c}}}, web: {image: x}}",
        {
            "containers": ["web"],
            "remarks": {"services.db": ["exact"], "services.db.provider": ["dropped"]},
        },
    ),
    Case(
        "models that a service uses",
        _web(
            "models: {b: {endpoint_var: E, model_var: M}, c: }\nenvironment: [E=1, M=2, C_URL=3]",
            "models: {b: {model: b}, c: {model: c}}",
        ),
        {
            "remarks": {
                "models.b": ["dropped"],
                "models.c": ["dropped"],
                "services.web.models.b": ["exact"],
                "services.web.models.c": ["dropped"],
            }
        },
    ),
    # networks
    Case(
        "the default network",
        _web("networks: [default]", "networks: {default: {name: n}}"),
        {"networks": ["blog_default web"], "the_networks": [["blog_default n"]]},
    ),
    Case(
        "networks by priority",
        _web(
            "networks: {a: , b: {priority: 3}, c: {gw_priority: 1}}", "networks: {a: , b: {}, c: }"
        ),
        {
            "networks": ["blog_c web", "blog_b web", "blog_a web"],
            "the_networks": [["blog_a blog_a"], ["blog_b blog_b"], ["blog_c blog_c"]],
        },
    ),
    Case(
        "a network's keys",
        _web(
            "networks: [n]",
            "networks: {n: {driver: macvlan, internal: true,"
            " driver_opts: {parent: eth0}, enable_ipv4: true, enable_ipv6: true, attachable: true,"
            " labels: [a=b], ipam: {driver: host-local, options: {x: y}, config: "
            "[{subnet: 10.1.0.0/16,"
            " ip_range: 10.1.1.0/24, gateway: 10.1.0.1, aux_addresses: {h: 10.1.0.5}},"
            " {subnet: 'fd00::/64'}]}}}",
        ),
        {
            "the_networks": [
                [
                    "blog_n blog_n",
                    "internal True",
                    "label a=b",
                    "--driver macvlan",
                    "--opt parent=eth0",
                    "--ipv6",
                    "--ipam-driver host-local",
                    "--subnet 10.1.0.0/16",
                    "--ip-range 10.1.1.0/24",
                    "--gateway 10.1.0.1",
                    "--subnet fd00::/64",
                ]
            ],
            "remarks": {
                "networks.n.attachable": ["exact"],
                "networks.n.enable_ipv4": ["exact"],
                "networks.n.ipam.options": ["dropped"],
                "networks.n.ipam.config[0].aux_addresses": ["dropped"],
            },
        },
    ),
    Case(
        "a network of Swarm",
        _web("networks: [n]", "networks: {n: {driver: overlay, ipam: {driver: default}}}"),
        {
            "the_networks": [["blog_n blog_n", "--driver overlay"]],
            "remarks": {"networks.n.ipam.driver": ["exact"]},
        },
    ),
    Case(
        "external networks",
        _web(
            "networks: [a, b, c]",
            "networks: {a: {external: true},"
            " b: {external: true, name: real}, c: {external: {name: old}}}",
        ),
        {
            "networks": ["a web external", "real web external", "old web external"],
            "the_networks": [],
        },
    ),
    # secrets
    Case(
        "secrets",
        _web(
            "secrets: [a, {source: b, target: /x, uid: '1', gid: '2', mode: 0440},"
            " {source: a, target: y, mode: 288}]",
            "secrets: {a: {file: ./a.txt, labels: {x: y}, name: n}, b: {environment: B}}",
        ),
        {
            "secrets": [
                "a mount target=a",
                "b mount target=/x,uid=1,gid=2,mode=0440",
                "a mount target=y,mode=0440",
            ],
            "stored": {"a": "s3", "b": "v"},
            "remarks": {
                "secrets.a.file": ["moved"],
                "secrets.b.environment": ["moved"],
                "secrets.a.labels": ["exact"],
                "secrets.a.name": ["exact"],
            },
        },
        {"a.txt": "s3"},
        {"B": "v"},
    ),
    Case(
        "secrets without a value",
        _web("secrets: [a, b]", "secrets: {a: {file: ./a.txt}, b: {environment: B}}"),
        {"stored": {"a": None, "b": None}},
    ),
    Case(
        "external secrets",
        _web(
            "secrets: [a, b, c]",
            "secrets: {a: {external: true},"
            " b: {external: true, name: real}, c: {external: {name: old}}}",
        ),
        {
            "secrets": ["a mount target=a", "real mount target=b", "old mount target=c"],
            "stored": {},
        },
    ),
    Case(
        "configs",
        _web(
            "configs: [a, {source: b, target: /etc/b, mode: '0400'}, c]",
            "configs: {a: {content: text, labels: [x], name: n}, b: {file: b.conf},"
            " c: {environment: C}}",
        ),
        {
            "mounts": [
                "bind ./configs/a /a ro in_files",
                "bind ./configs/b.0400 /etc/b ro in_files",
                "bind ./configs/c /c ro in_files",
            ],
            "files": {"configs/a": "text", "configs/b.0400": "/base/b.conf", "configs/c": "v"},
        },
        {"b.conf": "x"},
        {"C": "v"},
    ),
    Case(
        "a config with an owner",
        _web(
            "configs: [{source: a, uid: '1', gid: '2'}, {source: b, uid: '1'}]",
            "configs: {a: {content: text}, b: {file: b.conf}}",
        ),
        {
            "secrets": ["config-a mount uid=1,gid=2,target=/a", "config-b mount uid=1,target=/b"],
            "stored": {"config-a": "text", "config-b": "x"},
        },
        {"b.conf": "x"},
    ),
    Case(
        "configs in each of their ways",
        _web(
            "configs: [a, {source: a, target: /2, mode: '0400'}, {source: a, target: /3, uid: '1'},"
            " b, {source: b, target: /5, mode: '0400'}, {source: b, target: /6, uid: '1'}]",
            "configs: {a: {content: text}, b: {file: b.conf}}",
        ),
        {
            "files": {
                "configs/a": "text",
                "configs/a.0400": "text",
                "configs/b": "/base/b.conf",
                "configs/b.0400": "/base/b.conf",
            },
            "stored": {"config-a": "text", "config-b": "x"},
        },
        {"b.conf": "x"},
    ),
    # builds
    Case(
        "a build of a directory",
        "services: {web: {build: ./app}}",
        {
            "builds": [["web localhost/blog-web", "context ./build/web in_files"]],
            "files": {
                "build/web/Dockerfile": "/base/app/Dockerfile",
                "build/web/a/b.py": "/base/app/a/b.py",
            },
            "remarks": {"services.web.build": ["moved"]},
        },
        {"app/Dockerfile": "FROM x", "app/a/b.py": "", "app/.git/x": "", "app/node_modules/y": ""},
    ),
    Case(
        "a build of a URL",
        "services: {web: {build: 'https://github.com/a/b.git#main', image: i}}",
        {"builds": [["web i", "context https://github.com/a/b.git#main"]], "remarks": {}},
    ),
    Case(
        "a build whose files are not there",
        "services: {web: {build: {context: ./app}}}",
        {
            "builds": [["web localhost/blog-web", "context ./app"]],
            "remarks": {"services.web.build.context": ["approximated"]},
        },
    ),
    Case(
        "a Dockerfile in the file",
        "services: {web: {build: {dockerfile_inline: 'FROM x'}}}",
        {
            "builds": [
                ["web localhost/blog-web", "context -", "file ./build/web.Dockerfile in_files"]
            ],
            "files": {"build/web.Dockerfile": "FROM x"},
        },
    ),
    Case(
        "a Dockerfile of older files",
        "services: {web: {dockerfile: F, build: 'https://x/y.git'}}",
        {"builds": [["web localhost/blog-web", "context https://x/y.git", "file F"]]},
    ),
    Case(
        "a build's keys",
        """
services:
  web:
    build:
      context: /src
      dockerfile: D
      args: {A: 1, B: null, C: null}
      labels: [a=b]
      tags: [t1, t2]
      target: prod
      no_cache: true
      no_cache_filter: stage
      pull: true
      network: host
      shm_size: 2g
      cache_from: [img, 'type=registry,ref=i2', 'type=local,src=x']
      cache_to: ['type=inline']
      additional_contexts: {c1: docker-image://y, c2: /abs}
      extra_hosts: ['h=1.2.3.4']
      ssh: [default, k=/key]
      platforms: [linux/amd64, linux/arm64]
      ulimits: {nofile: 9, nproc: {soft: 1, hard: 2}}
      secrets: [s, {source: s, target: t, uid: '1', gid: '1', mode: 0400}]
      entitlements: [security.insecure]
      isolation: default
      privileged: true
      provenance: true
      sbom: true
secrets: {s: {file: /run/s}}
""",
        {
            "builds": [
                [
                    "web localhost/blog-web",
                    "context /src",
                    "file D",
                    "tag t1",
                    "tag t2",
                    "arg A=1",
                    "arg B=b",
                    "arg C=None",
                    "label a=b",
                    "--target prod",
                    "--no-cache",
                    "--pull always",
                    "--network host",
                    "--shm-size 2g",
                    "--cache-from img",
                    "--cache-from i2",
                    "--add-host h:1.2.3.4",
                    "--ssh default",
                    "--ssh k=/key",
                    "--platform linux/amd64",
                    "--ulimit nofile=9",
                    "--ulimit nproc=1:2",
                    "--build-context c1=docker-image://y",
                    "--build-context c2=/abs",
                    "--secret id=s,src=/run/s",
                    "--secret id=t,src=/run/s",
                ]
            ],
            "remarks": {
                **{
                    f"services.web.build.{key}": ["dropped"]
                    for key in (
                        "no_cache_filter",
                        "cache_from[2]",
                        "cache_to[0]",
                        "platforms[1]",
                        "entitlements",
                        "privileged",
                        "provenance",
                        "sbom",
                    )
                },
                **{
                    f"services.web.build.secrets[1].{key}": ["dropped"]
                    for key in ("uid", "gid", "mode")
                },
                "services.web.build.isolation": ["exact"],
                "secrets.s": ["exact"],
            },
        },
        None,
        {"B": "b"},
    ),
    Case(
        "ssh as a text",
        "services: {web: {build: {context: /x, ssh: default, pull: false}}}",
        {"builds": [["web localhost/blog-web", "context /x", "--ssh default"]]},
    ),
    # services of each other
    Case("dependencies", _web("depends_on: [db]") + _DB, {"dependencies": ["db started"]}),
    Case(
        "dependencies with conditions",
        _web(
            "depends_on: {db: {condition: service_healthy, restart: true, required: false},"
            " job: {condition: service_completed_successfully}, c: {condition: service_started},"
            " d: , gone: {condition: service_started, required: false}}"
        )
        + _DB
        + "  job: {image: y}\n  c: {image: y, scale: 2}\n  d: {image: y}\n",
        {
            "dependencies": [
                "db healthy optional restart",
                "job completed",
                "c-1 started",
                "c-2 started",
                "d started",
            ]
        },
    ),
    Case(
        "links",
        _web("links: [db, 'db:database']\nnetworks: [default]") + _DB,
        {
            "dependencies": ["db started restart"],
            "remarks": {"services.web.links[1]": ["exact", "approximated"]},
        },
    ),
    Case(
        "ports in the network of another service",
        _web("network_mode: service:db\nports: ['80:80']") + _DB,
        {"ports": ["|80|80|"], "mode": "service:db"},
    ),
    Case(
        "namespaces of services",
        _web("network_mode: service:db\nipc: service:db\npid: service:db\nuts: service:db") + _DB,
        {
            "mode": "service:db",
            "networks": [],
            "dependencies": ["db started restart"],
            "options": ["--ipc service:db", "--pid service:db", "--uts service:db"],
        },
    ),
    Case(
        "what depends_on says of a service whose network is used",
        _web("network_mode: service:db\ndepends_on: {db: {condition: service_healthy}}") + _DB,
        {"dependencies": ["db healthy"], "mode": "service:db"},
    ),
    Case(
        "volumes_from",
        _web("volumes_from: ['db:ro']\nvolumes: [/own]")
        + "  db: {image: y, volumes: [/a, /own, './x:/x'], volumes_from: [c]}\n"
        "  c: {image: y, volumes: [/c]}\n",
        {
            "mounts": [
                "volume - /own",
                "volume blog_db-a /a ro",
                "bind ./x /x ro make",
                "volume blog_c-c /c ro",
            ],
            "the_volumes": [["blog_c-c blog_c-c"], ["blog_db-a blog_db-a"]],
            "dependencies": ["db started"],
        },
    ),
    Case(
        "ports of replicas",
        _web("ports: ['8000-8002:80', '81']\nscale: 2"),
        {"containers": ["web-1", "web-2"]},
    ),
    Case(
        "names as in Compose",
        _web(
            "depends_on: [db]\nvolumes: [data:/d]\nnetwork_mode: service:db",
            _DB + "volumes: {data: }",
        ),
        {"containers": ["blog-web", "blog-db"]},
        None,
        None,
        "compose",
    ),
    # nulls and empty things
    Case(
        "nothing in keys",
        _web(
            "ports:\nenvironment: {}\nvolumes: []\ndepends_on:\n"
            "deploy:\nhealthcheck:\nnetworks:\nlogging: {}"
        ),
        {"ports": [], "networks": ["blog_default web"], "health": None},
    ),
]
"""Files, most with a service web, and what views show."""
