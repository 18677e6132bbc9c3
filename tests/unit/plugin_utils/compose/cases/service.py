"""Keys of a service that are fields of a container, in all their forms."""

from __future__ import annotations

import typing as t

SERVICE: list[tuple[str, dict[str, t.Any]]] = [
    # commands
    ("command: a b", {"command": ("a", "b")}),
    ("command: [a, 1, 'b c', true]", {"command": ("a", "1", "b c", "true")}),
    ("command: ''", {"command": ()}),
    ("command: []", {"command": ()}),
    ("command: null", {"command": None}),
    ("entrypoint: /a -b 'c d'", {"entrypoint": ("/a", "-b", "c d")}),
    ("entrypoint: [/a, -b]", {"entrypoint": ("/a", "-b")}),
    ("entrypoint: ''", {"entrypoint": ()}),
    ("entrypoint: null", {"entrypoint": None}),
    ("command: a && b", {"command": ("a",), "remarks": {"services.web.command": ["approximated"]}}),
    # health checks
    (
        "healthcheck: {test: [CMD, curl, -f, 'http://x']}",
        {"health": (("curl", "-f", "http://x"), False, {})},
    ),
    (
        (
            "healthcheck: {test: curl -f x || exit 1, interval: 1m30s, timeout: 10s, retries: 3,"
            " start_period: 40s, start_interval: 500ms}"
        ),
        {
            "health": (
                ("curl -f x || exit 1",),
                True,
                {
                    "interval": 90.0,
                    "timeout": 10.0,
                    "retries": 3,
                    "start_period": 40.0,
                    "start_interval": 0.5,
                },
            )
        },
    ),
    ("healthcheck: {test: [CMD-SHELL, a b]}", {"health": (("a b",), True, {})}),
    (
        "healthcheck: {test: [CMD-SHELL, a, b]}",
        {
            "health": (("a",), True, {}),
            "remarks": {"services.web.healthcheck.test": ["approximated"]},
        },
    ),
    ("healthcheck: {test: [NONE]}", {"health": ((), False, {})}),
    ("healthcheck: {disable: true}", {"health": ((), False, {})}),
    ("healthcheck: {disable: 'true', test: [CMD, a]}", {"health": ((), False, {})}),
    ("healthcheck: {disable: false, test: [CMD, a]}", {"health": (("a",), False, {})}),
    ("healthcheck: {retries: '5'}", {"health": (None, False, {"retries": 5})}),
    ("healthcheck: {test: []}", {"health": (None, False, {})}),
    # restarts
    ("restart: always", {"restart": ("always", 0, None)}),
    ("restart: unless-stopped", {"restart": ("unless-stopped", 0, None)}),
    ("restart: on-failure", {"restart": ("on-failure", 0, None)}),
    ("restart: on-failure:5", {"restart": ("on-failure", 5, None)}),
    ("restart: 'no'", {"restart": ("no", 0, None)}),
    ("restart: no", {"restart": ("no", 0, None)}),
    (
        (
            "deploy: {restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, "
            "window: 120s}}"
        ),
        {
            "restart": ("on-failure", 3, 5.0),
            "remarks": {"services.web.deploy.restart_policy.window": ["dropped"]},
        },
    ),
    (
        "deploy: {restart_policy: {condition: any}}\nrestart: always",
        {"restart": ("always", 0, None), "remarks": {"services.web.restart": ["exact"]}},
    ),
    ("deploy: {restart_policy: {condition: none}}", {"restart": ("no", 0, None)}),
    ("deploy: {restart_policy: {max_attempts: '2'}}", {"restart": ("always", 2, None)}),
    ("stop_grace_period: 1m30s", {"stop": 90.0}),
    ("stop_grace_period: 500ms", {"stop": 0.5}),
    # hooks
    (
        (
            "post_start: [{command: a b, user: root, working_dir: /x, privileged: true,"
            " environment: [A=1, B]}, {command: [c]}]"
        ),
        {
            "hooks": [
                (("a", "b"), "root", "/x", True, {"A": "1", "B": None}),
                (("c",), "", "", False, {}),
            ]
        },
    ),
    (
        (
            "pre_stop: [{command: a, user: root, working_dir: /x, privileged: true,"
            " environment: [A=1]}]"
        ),
        {"hooks": [(("a",), "root", "/x", True, {"A": "1"})]},
    ),
    (
        (
            "pre_start: [{command: a, image: b, user: c, working_dir: /d, privileged: true,"
            " per_replica: false, environment: [e=f]}]"
        ),
        {"dependencies": ["web-pre-start-1 completed"]},
    ),
    # fields
    ("user: 1000:1000", {"user": "1000:1000"}),
    ("user: '1000'", {"user": "1000"}),
    ("user: 1000", {"user": "1000"}),
    ("user: nobody", {"user": "nobody"}),
    ("read_only: true", {"read_only": True}),
    ("read_only: 'false'", {"read_only": None}),
    ("container_name: my.name", {"container_name": "my.name"}),
    ("annotations: {a: b}", {"annotations": {"a": "b"}}),
    ("annotations: [a=b, c]", {"annotations": {"a": "b", "c": ""}}),
    (
        "labels: {a: b, c: 1, d: true, e: null}",
        {"labels": {"a": "b", "c": "1", "d": "true", "e": ""}},
    ),
    (
        "labels: [a=b=c, 'traefik.http.routers.x.rule=Host(`x`)']",
        {"labels": {"a": "b=c", "traefik.http.routers.x.rule": "Host(`x`)"}},
    ),
    # variables
    (
        "environment: {A: b, C: 1, D: 1.10, E: true, F: null, G: ''}",
        {"env": {"A": "b", "C": "1", "D": "1.10", "E": "true", "F": None, "G": ""}},
    ),
    (
        "environment: [A=b=c, 'D=', E, 'F=\"q\"']",
        {"env": {"A": "b=c", "D": "", "E": None, "F": '"q"'}},
    ),
    # mounts
    ("volumes: [/data]", {"mounts": ["volume - /data"]}),
    ("volumes: [./x:/x]", {"mounts": ["bind ./x /x make"]}),
    ("volumes: [./x/:/x/]", {"mounts": ["bind ./x /x make"]}),
    ("volumes: [.:/app]", {"mounts": ["bind . /app make"]}),
    (
        "volumes: [../x:/x:ro]",
        {
            "mounts": ["bind ./x /x ro make"],
            "remarks": {"services.web.volumes[0]": ["approximated"]},
        },
    ),
    ("volumes: ['~/x:/x']", {"mounts": ["bind ~/x /x make"]}),
    ("volumes: [/srv/x:/x:rw]", {"mounts": ["bind /srv/x /x make"]}),
    ("volumes: ['/srv/x:/x:ro,z,rslave,cached']", {"mounts": ["bind /srv/x /x ro,z,rslave make"]}),
    (
        "volumes: [/etc/localtime:/etc/localtime:ro]",
        {"mounts": ["bind /etc/localtime /etc/localtime ro make"]},
    ),
    ("volumes: [/etc/a.conf:/etc/b.conf]", {"mounts": ["bind /etc/a.conf /etc/b.conf"]}),
    (
        "volumes: [./n.conf:/etc/n.conf:ro]",
        {
            "mounts": ["bind ./n.conf /etc/n.conf ro"],
            "remarks": {"services.web.volumes[0]": ["approximated"]},
        },
    ),
    (
        "volumes: ['/a:/b:ro,foo']",
        {"mounts": ["bind /a /b ro make"], "remarks": {"services.web.volumes[0]": ["exact"]}},
    ),
    (
        (
            "volumes: [{type: bind, source: ./x, target: /x, read_only: true, consistency: cached,"
            " bind: {propagation: rshared, create_host_path: false, selinux: Z, "
            "recursive: disabled}}]"
        ),
        {"mounts": ["bind ./x /x ro,rshared,Z,nonrecursive"]},
    ),
    (
        "volumes: [{type: bind, source: x, target: /x, bind: {recursive: enabled}}]",
        {"mounts": ["bind ./x /x make"]},
    ),
    (
        "volumes: [{type: bind, source: /x, target: /x, bind: {recursive: readonly}}]",
        {
            "mounts": ["bind /x /x make"],
            "remarks": {"services.web.volumes[0].bind.recursive": ["dropped"]},
        },
    ),
    (
        "volumes: [{type: volume, target: /x, volume: {nocopy: true, labels: {a: b}}}]",
        {"mounts": ["volume - /x nocopy a=b"]},
    ),
    (
        "volumes: [{type: tmpfs, target: /x, tmpfs: {size: 64m, mode: 1777}}]",
        {"mounts": ["tmpfs - /x size=67108864,mode=3361"]},
    ),
    (
        "volumes: [{type: tmpfs, target: /x, tmpfs: {size: 100, mode: 0o1777}}]",
        {"mounts": ["tmpfs - /x size=100,mode=1777"]},
    ),
    (
        "volumes: [{type: tmpfs, target: /x, tmpfs: {mode: '0755'}, bind: {}, source: a}]",
        {"mounts": ["tmpfs - /x mode=0755"]},
    ),
    (
        "volumes: [{type: image, source: nginx, target: /x, image: {subpath: a}}]",
        {"mounts": ["image nginx /x subpath=a"]},
    ),
    ("tmpfs: /run", {"mounts": ["tmpfs - /run"]}),
    (
        "tmpfs: ['/run:size=64m,mode=1777,exec', /tmp]",
        {"mounts": ["tmpfs - /run size=64m,mode=1777,exec", "tmpfs - /tmp"]},
    ),
    ("use_api_socket: true", {"mounts": ["bind /var/run/docker.sock /var/run/docker.sock"]}),
    ("use_api_socket: false", {"mounts": []}),
    ("volume_driver: local", {"mounts": []}),
    # ports
    (
        (
            "ports: [80, '81', '82:80', '127.0.0.1:83:80', '127.0.0.1::80', '[::1]:84:80', "
            "'::1:85:80']"
        ),
        {
            "ports": [
                "||80|",
                "||81|",
                "|82|80|",
                "127.0.0.1|83|80|",
                "127.0.0.1||80|",
                "::1|84|80|",
                "::1|85|80|",
            ]
        },
    ),
    (
        "ports: ['53:53/udp', 53:53/TCP, '5-7:15-17', '20-22/udp', '0.0.0.0:5-6:5-6']",
        {"ports": ["|53|53|udp", "|53|53|", "|5-7|15-17|", "||20-22|udp", "0.0.0.0|5-6|5-6|"]},
    ),
    (
        "ports: ['8000-9000:80']",
        {"ports": ["|8000|80|"], "remarks": {"services.web.ports[0]": ["approximated"]}},
    ),
    (
        (
            "ports: [{target: 80}, {name: a, target: '80', host_ip: 127.0.0.1, "
            "published: 81, protocol: udp,"
            " app_protocol: http, mode: host}, {target: 1, published: 8000-8001}]"
        ),
        {"ports": ["||80|", "127.0.0.1|81|80|udp", "|8000|1|"]},
    ),
    (
        "ports: ['80:80']\nnetwork_mode: host",
        {"ports": [], "mode": "host", "remarks": {"services.web.ports[0]": ["exact"]}},
    ),
    # networks
    ("network_mode: host", {"mode": "host", "networks": []}),
    ("network_mode: none", {"mode": "none", "networks": []}),
    ("network_mode: bridge", {"mode": "bridge", "networks": []}),
    ("network_mode: default", {"mode": "bridge", "networks": []}),
    ("network_mode: container:x", {"mode": "container:x", "networks": []}),
    ("network_mode: mine", {"mode": None, "networks": ["mine  external"]}),
    ("net: host", {"mode": "host", "networks": []}),
    ("mac_address: 02:42:ac:11:65:43", {"networks": ["blog_default web mac=02:42:ac:11:65:43"]}),
    ("networks: []", {"networks": ["blog_default web"]}),
    ("networks: [default]", {"networks": ["blog_default web"]}),
    ("networks: {default: }", {"networks": ["blog_default web"]}),
    (
        (
            "networks: {default: {aliases: [a, web, b], ipv4_address: 10.0.0.2, "
            "ipv6_address: '2001:db8::2',"
            " mac_address: 02:42:ac:11:65:43, interface_name: eth7, link_local_ips: [169.254.1.1],"
            " driver_opts: {com.docker.network.endpoint.sysctls: x}, priority: 5, gw_priority: 1}}"
        ),
        {
            "networks": [
                (
                    "blog_default web,a,b ip=10.0.0.2 ip6=2001:db8::2 mac=02:42:ac:11:65:43"
                    " interface_name=eth7"
                )
            ],
            "remarks": {
                "services.web.networks.default.link_local_ips": ["dropped"],
                "services.web.networks.default.driver_opts.com.docker.network.endpoint.sysctls": [
                    "dropped"
                ],
                "services.web.networks.default.gw_priority": ["approximated"],
                "services.web.networks.default.priority": ["exact"],
            },
        },
    ),
    (
        "networks: {default: {driver_opts: {com.docker.network.endpoint.ifname: e0}}}",
        {"networks": ["blog_default web interface_name=e0"]},
    ),
    # number of containers
    ("scale: 2", {"containers": ["web-1", "web-2"]}),
    ("scale: '1'", {"containers": ["web"]}),
    ("deploy: {replicas: 3}\nscale: 3", {"containers": ["web-1", "web-2", "web-3"]}),
    ("deploy: {replicas: 0}", {"containers": []}),
]
"""Keys of a service web, and what views show."""
