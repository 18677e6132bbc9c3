# shellcheck shell=busybox
# What the services of the Compose file beside do: sh /run.sh SERVICE. What they find is in /told.
me=$1
told=/told/.$me
trap 'exit 143' TERM

tell() { echo "$*" >> "$told"; }
# What was told is there as a whole or not at all.
idle() {
    test ! -e "$told" || mv "$told" "/told/$me"
    sleep infinity &
    wait
}
serve() {
    mkdir -p /www
    echo "$me" > /www/who
    httpd -p "$1" -h /www
}
ask() { tell "$1: $(wget -q -O - -T 3 "http://$1/who" 2>/dev/null || echo nobody)"; }
show() { tell "$1: $(stat -c '%a %u:%g' "$1") $(cat "$1")"; }
try_write() { tell "$1: $(touch "$1" 2>/dev/null && echo written || echo refused)"; }
try_run() {
    printf '#!/bin/sh\n' > "$1" && chmod +x "$1"
    tell "$1: $("$1" 2>/dev/null && echo runs || echo refused)"
}
address() {
    awk -v name="$1" '{for (i = 2; i <= NF; i++) if ($i == name) print $1}' /etc/hosts
}

case $me in
state)
    for place in /anonymous /named /renamed /device /data /odd /absolute /long /layer; do
        mkdir -p $place
        echo start >> $place/starts
        tell "$place: $(wc -l < $place/starts)"
    done
    for name in QUOTED SINGLE EXPORTED NESTED LINES OVER DB_PASSWORD; do
        eval "tell \"$name: \$$name\""
    done
    for name in fixed six; do tell "$name: $(address $name)"; done
    tell "gate: $(test "$(address gate)" = "$(address host.docker.internal)" && echo known)"
    tell "files: $(ulimit -Sn) $(ulimit -Hn)"
    tell "shm: $(df -k /dev/shm | awk 'END {print $2}')"
    ;;
db)
    sleep 2
    touch /told/db-ready
    ;;
job)
    sleep 1
    echo run >> /told/job-runs
    ! rm /told/fail 2>/dev/null
    exit
    ;;
web)
    tell "db: $(test -e /told/db-ready && echo ready)"
    tell "job: $(wc -l < /told/job-runs)"
    serve 8080
    ;;
one)
    for name in web web-front shop.example.com web-back two; do ask $name:8080; done
    tell "worker: $(nslookup worker 2>/dev/null | sed '1,/^$/d' | grep -c '^Address')"
    ;;
two)
    for name in web web-back web-front one; do ask $name:8080; done
    tell "routes out: $(ip route | grep -c default)"
    ;;
worker)
    ;;
inner)
    tell "routes out: $(ip route | grep -c default)"
    serve 8080
    ;;
joined)
    ask 127.0.0.1:8080
    serve 9090
    ;;
tight)
    echo start >> /told/tight-starts
    for place in /file /tmp/file /run/file /var/tmp/file /dev/shm/file /usr/share/file; do
        try_write $place
    done
    rm -f /usr/share/file
    tell "files: $(find /usr/share ! -path /usr/share | wc -l)"
    tell "mode: $(stat -c %a /usr/share)"
    try_run /usr/share/program
    try_run /programs/program
    ;;
cleared)
    tell "socket: $(test -S /var/run/docker.sock && echo there)"
    show /run/secrets/token
    show /etc/key
    show /settings
    show /etc/settings.json
    show /etc/owned.json
    ;;
stubborn)
    trap '' TERM
    echo start >> /told/stubborn-starts
    ;;
crashes)
    echo start >> /told/crashes-starts
    starts=$(wc -l < /told/crashes-starts)
    if [ "$starts" -eq 1 ]; then
        until [ -e /told/crash ]; do
            sleep 0.2 &
            wait
        done
    fi
    [ "$starts" -gt 21 ] || exit 1
    tell "starts: $starts"
    ;;
esac
idle
