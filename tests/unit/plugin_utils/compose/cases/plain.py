"""Keys of a service that become options of podman, in all their forms."""

from __future__ import annotations

OPTIONS: list[tuple[str, list[str]]] = [
    ("cap_add: [NET_ADMIN, SYS_TIME]", ["--cap-add NET_ADMIN", "--cap-add SYS_TIME"]),
    ("cap_add: []", []),
    ("cap_add:", []),
    ("cap_drop: [ALL]", ["--cap-drop ALL"]),
    ("cgroup: host", ["--cgroupns host"]),
    ("cgroup_parent: my.slice", ["--cgroup-parent my.slice"]),
    ("cpu_count: 2", []),
    ("cpu_percent: 50", []),
    ("cpu_period: 100000", ["--cpu-period 100000"]),
    ("cpu_quota: '50000'", ["--cpu-quota 50000"]),
    ("cpu_rt_period: 1ms", ["--cpu-rt-period 1000"]),
    ("cpu_rt_runtime: 400", ["--cpu-rt-runtime 400"]),
    ("cpu_shares: 73", ["--cpu-shares 73"]),
    ("cpus: 0.5", ["--cpus 0.5"]),
    ("cpus: '1.50'", ["--cpus 1.50"]),
    ("cpuset: 0-3", ["--cpuset-cpus 0-3"]),
    ("device_cgroup_rules: ['c 1:3 mr']", ["--device-cgroup-rule c 1:3 mr"]),
    (
        "devices: [/dev/a, '/dev/a:/dev/b', '/dev/a:/dev/b:rw']",
        ["--device /dev/a", "--device /dev/a:/dev/b", "--device /dev/a:/dev/b:rw"],
    ),
    (
        "devices: [{source: /dev/a}, {source: /dev/a, target: /dev/b, permissions: r}]",
        ["--device /dev/a", "--device /dev/a:/dev/b:r"],
    ),
    ("devices: [{source: /dev/a, permissions: rw}]", ["--device /dev/a:/dev/a:rw"]),
    ("devices: [vendor.com/card=1]", ["--device vendor.com/card=1"]),
    ("dns: 1.1.1.1", ["--dns 1.1.1.1"]),
    ("dns: [1.1.1.1, 8.8.8.8]", ["--dns 1.1.1.1", "--dns 8.8.8.8"]),
    ("dns_opt: [use-vc]", ["--dns-option use-vc"]),
    ("dns_search: a.b", ["--dns-search a.b"]),
    (
        "extra_hosts: ['a:1.2.3.4', 'b=::1', 'c=[::2]', 'd:::3', 'e:host-gateway']",
        [
            "--add-host a:1.2.3.4",
            "--add-host b:::1",
            "--add-host c:::2",
            "--add-host d:::3",
            "--add-host e:host-gateway",
        ],
    ),
    (
        "extra_hosts: {a: 1.2.3.4, b: ['::1', 5.6.7.8]}",
        ["--add-host a:1.2.3.4", "--add-host b:::1", "--add-host b:5.6.7.8"],
    ),
    ("extra_hosts: ['a=1.2.3.4,5.6.7.8']", ["--add-host a:1.2.3.4", "--add-host a:5.6.7.8"]),
    ("gpus: all", ["--gpus all"]),
    ("gpus: [{count: 2}]", ["--gpus device=0,1"]),
    ("gpus: [{count: all, capabilities: [gpu]}]", ["--gpus all"]),
    (
        "gpus: [{driver: nvidia, device_ids: ['0', GPU-1], capabilities: [[gpu, utility]]}]",
        ["--gpus device=0,GPU-1"],
    ),
    ("gpus: [{driver: amd, count: 1, options: {a: b}}]", ["--device amd.com/gpu=0"]),
    ("gpus: [{driver: intel.com/gpu}]", ["--device intel.com/gpu=all"]),
    ("group_add: [video, 44]", ["--group-add video", "--group-add 44"]),
    ("hostname: a", ["--hostname a"]),
    ("hostname: a\ndomainname: b.c", ["--hostname a.b.c"]),
    ("domainname: b.c", []),
    ("init: true", ["--init"]),
    ("init: false", []),
    ("init: 'yes'", ["--init"]),
    ("ipc: host", ["--ipc host"]),
    ("ipc: shareable", ["--ipc shareable"]),
    ("isolation: default", []),
    ("log_driver: syslog", ["--log-driver syslog"]),
    ("log_opt: {tag: a}", ["--log-opt tag=a"]),
    (
        "logging: {driver: json-file, options: {max-size: 10m, max-file: 3, x: null}}",
        [
            "--log-driver json-file",
            "--log-opt max-size=10m",
            "--log-opt max-file=3",
            "--log-opt x=",
        ],
    ),
    ("mem_limit: 512m", ["--memory 512m"]),
    ("mem_limit: 1073741824", ["--memory 1073741824"]),
    ("mem_limit: 1.5gb", ["--memory 1610612736"]),
    ("mem_limit: 1GiB", ["--memory 1073741824"]),
    ("mem_limit: 64 MB", ["--memory 67108864"]),
    ("mem_reservation: 64M", ["--memory-reservation 64M"]),
    ("mem_swappiness: 10", ["--memory-swappiness 10"]),
    ("memswap_limit: -1", ["--memory-swap -1"]),
    ("mem_limit: 1g\ndeploy: {resources: {limits: {memory: 1g}}}", ["--memory 1g"]),
    ("oom_kill_disable: true", ["--oom-kill-disable"]),
    ("oom_score_adj: -500", ["--oom-score-adj -500"]),
    ("pid: host", ["--pid host"]),
    ("pids_limit: 100", ["--pids-limit 100"]),
    ("platform: linux/amd64", ["--platform linux/amd64"]),
    ("privileged: true", ["--privileged"]),
    ("pull_policy: always", ["--pull always"]),
    ("pull_policy: if_not_present", ["--pull missing"]),
    ("pull_policy: never", ["--pull never"]),
    ("pull_policy: build", []),
    ("pull_policy: daily", ["--pull newer"]),
    ("pull_policy: every_12h", ["--pull newer"]),
    ("runtime: crun", ["--runtime crun"]),
    (
        "security_opt: [label=disable, 'no-new-privileges:true', apparmor=unconfined]",
        [
            "--security-opt label=disable",
            "--security-opt no-new-privileges:true",
            "--security-opt apparmor=unconfined",
        ],
    ),
    ("shm_size: 2g", ["--shm-size 2g"]),
    ("shm_size: 64", ["--shm-size 64"]),
    ("stdin_open: true\ntty: true", ["--interactive", "--tty"]),
    ("stop_signal: SIGINT", ["--stop-signal SIGINT"]),
    ("sysctls: {net.core.somaxconn: 1024}", ["--sysctl net.core.somaxconn=1024"]),
    ("sysctls: [net.ipv4.ip_forward=1]", ["--sysctl net.ipv4.ip_forward=1"]),
    (
        "ulimits: {nproc: 65535, nofile: {soft: 20000, hard: '40000'}, memlock: -1}",
        ["--ulimit nproc=65535", "--ulimit nofile=20000:40000", "--ulimit memlock=-1"],
    ),
    ("userns_mode: host", ["--userns host"]),
    ("uts: host", ["--uts host"]),
    ("working_dir: /app", ["--workdir /app"]),
    ("working_dir: ''", []),
    ("storage_opt: {size: 1G}", []),
    ("attach: false", []),
    ("expose: [80, '443/tcp']", []),
    ("profiles: [dev]", []),
    (
        (
            "develop: {watch: [{path: ., action: sync+exec, target: /a, ignore: [x], include: y,"
            " initial_sync: true, exec: {command: a}}]}"
        ),
        [],
    ),
    ("external_links: [other]", []),
    ("pull_refresh_after: 1d", []),
    (
        (
            "blkio_config: {weight: 300, weight_device: [{path: /dev/a, weight: 400}],"
            " device_read_bps: [{path: /dev/a, rate: 12mb}], device_read_iops: [{path: "
            "/dev/a, rate: 120}],"
            " device_write_bps: [{path: /dev/a, rate: 1024k}],"
            " device_write_iops: [{path: /dev/a, rate: '30'}]}"
        ),
        [
            "--blkio-weight 300",
            "--blkio-weight-device /dev/a:400",
            "--device-read-bps /dev/a:12582912",
            "--device-read-iops /dev/a:120",
            "--device-write-bps /dev/a:1024k",
            "--device-write-iops /dev/a:30",
        ],
    ),
    (
        (
            "deploy: {resources: {limits: {cpus: '0.5', memory: 50M, pids: 10},"
            " reservations: {cpus: '0.25', memory: 20M,"
            " generic_resources: [{discrete_resource_spec: {kind: gpu, value: 2}}]}}}"
        ),
        ["--cpus 0.5", "--memory 50M", "--pids-limit 10", "--memory-reservation 20M"],
    ),
    (
        (
            "deploy: {resources: {reservations: {devices: [{driver: nvidia, count: 1, "
            "options: [a=b],"
            " capabilities: [gpu]}]}}}"
        ),
        ["--gpus device=0"],
    ),
    (
        (
            "deploy: {resources: {reservations: {devices: [{driver: nvidia, device_ids: ['3'],"
            " capabilities: [gpu]}]}}}"
        ),
        ["--gpus device=3"],
    ),
    (
        (
            "deploy: {mode: global, endpoint_mode: vip, labels: {a: b},"
            " placement: {constraints: [node.role==manager], preferences: [{spread: "
            "node.labels.x}],"
            " max_replicas_per_node: 1}, update_config: {parallelism: 2, delay: 10s, "
            "failure_action: pause,"
            " monitor: 1s, max_failure_ratio: 0.1, order: start-first}, "
            "rollback_config: {parallelism: 1,"
            " delay: 0s, failure_action: pause, monitor: 0s, max_failure_ratio: 0, "
            "order: stop-first}}"
        ),
        [],
    ),
    ("deploy: {}", []),
    ("mac_address: 02:42:ac:11:65:43\nnetwork_mode: bridge", ["--mac-address 02:42:ac:11:65:43"]),
    ("volumes_from: ['container:old:ro']", ["--volumes-from old:ro"]),
]
"""Keys of a service web, and its options."""
