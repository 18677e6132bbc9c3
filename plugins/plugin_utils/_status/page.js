"use strict";
(() => {
  const AT_ONCE = 40;
  const WORST = ["unreachable", "failed", "down", "absent", "unhealthy", "starting", "up", "idle"];
  const GOOD = new Set(["up", "idle", "starting"]);
  const by = (id) => document.getElementById(id);

  // An integer is a text, a text a number, a list a list, a record {shape: values}.
  const unpack = ({ texts, shapes, data }) => {
    const open = (value) => {
      if (typeof value === "number") return texts[value];
      if (typeof value === "string") return Number(value);
      if (Array.isArray(value)) return value.map(open);
      if (value === null || typeof value !== "object") return value;
      const [shape] = Object.keys(value);
      const record = Object.create(null);
      shapes[shape].forEach((key, number) => { record[key] = open(value[shape][number]); });
      return record;
    };
    return open(data);
  };

  // All that comes from hosts becomes a text node or an attribute's value.
  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  };
  const draw = (tag, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };

  const fleet = unpack(JSON.parse(by("data").textContent));
  const count = (number, noun, nouns) => `${number.toLocaleString("en")} ${number === 1 ? noun : nouns || `${noun}s`}`;
  const UNITS = [[31557600, "y"], [2629800, "mo"], [86400, "d"], [3600, "h"], [60, "min"]];
  const age = (text) => {
    const seconds = Math.max(0, (Date.now() - Date.parse(text)) / 1000);
    const unit = UNITS.find(([length]) => seconds >= length * (length === 2629800 ? 2 : 1));
    return unit ? `${Math.floor(seconds / unit[0])} ${unit[1]}` : "now";
  };
  const moment = (text) => {
    const at = Date.parse(text);
    return Number.isNaN(at) ? make("span", {}, text || "") : make("time", { datetime: text, title: text }, age(text));
  };

  const rows = [];
  fleet.hosts.forEach((host) => {
    if (host.state !== "ok") {
      rows.push({ host, app: null, state: host.state === "unreachable" ? "unreachable" : "failed", key: `${host.name}//` });
    }
    host.apps.forEach((app) => rows.push({ host, app, state: app.state, key: `${host.name}/${app.name}/${app.user || ""}/${app.location}` }));
    host.errors.forEach((error, number) => {
      rows.push({ host: { ...host, reason: error }, app: null, state: "failed", key: `${host.name}//${number}` });
    });
    host.pull.filter((run) => run.result !== "ok").forEach((run) => {
      const reason = `ansible-pull of ${run.user || "root"}: ${run.result}: ${run.message}`;
      rows.push({ host: { ...host, reason }, app: null, pull: true, state: "failed", key: `${host.name}//pull/${run.user || ""}` });
    });
  });
  const isTroubled = ({ app, state }) => !app || !GOOD.has(state) || app.drift.length > 0 || app.last_run_failed;
  rows.forEach((row) => {
    const { host, app } = row;
    const units = app ? app.services.flatMap((s) => [s.name, s.unit]) : [];
    const fields = {
      host: [host.name], app: [app ? app.name : ""], user: [app ? app.user || "root" : ""], unit: units,
      image: app ? app.services.map((s) => s.image || "") : [], state: [row.state, app ? app.health : ""],
    };
    row.fields = {};
    for (const [key, texts] of Object.entries(fields)) row.fields[key] = texts.join("\n").toLowerCase();
    const more = app
      ? [...app.drift, app.rollout || "", app.project || "", app.last_run_failed ? "last run failed" : "", app.declared === false ? "undeclared" : ""]
      : [host.reason];
    row.all = [...Object.values(row.fields), ...more].join("\n").toLowerCase();
    row.at = app && app.deployed_at ? Date.parse(app.deployed_at) : 0;
    row.trouble = isTroubled(row);
    row.rank = WORST.indexOf(row.state) * 2 + (row.trouble ? 0 : 1) - (row.trouble && GOOD.has(row.state) ? 4 : 0);
  });

  const apps = rows.filter((row) => row.app);
  const TILES = [
    ["", "apps", rows, apps.length],
    ["trouble", "to look at", rows.filter((row) => row.trouble)],
    ["failed", "failed", apps.filter((row) => row.state === "failed")],
    ["down", "down", apps.filter((row) => row.state === "down" || row.state === "absent")],
    ["unhealthy", "unhealthy", apps.filter((row) => row.app.health === "unhealthy")],
    ["drift", "drifted", apps.filter((row) => row.app.drift.length > 0)],
    ["runs", "last run failed", apps.filter((row) => row.app.last_run_failed)],
    ["undeclared", "undeclared", apps.filter((row) => row.app.declared === false)],
    ["pull", "pull failed", rows.filter((row) => row.pull)],
    ["hosts", "hosts not read", rows.filter((row) => !row.app && !row.pull)],
  ].filter(([id, , found]) => found.length || !["undeclared", "pull"].includes(id));

  const view = { q: "", show: "", sort: "worst", open: "" };
  const readAddress = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    view.q = given.get("q") || "";
    view.show = TILES.some(([id]) => id === given.get("show")) ? given.get("show") : "";
    view.sort = Object.hasOwn(ORDERS, given.get("sort")) ? given.get("sort") : "worst";
    view.open = given.get("open") || "";
  };
  const writeAddress = () => {
    const told = new URLSearchParams();
    for (const [key, value] of Object.entries(view)) if (value && !(key === "sort" && value === "worst")) told.set(key, value);
    const address = `#${told}`;
    if (address !== (location.hash || "#")) location.replace(address);
  };

  const compare = new Intl.Collator("en", { numeric: true }).compare;
  const byHost = (a, b) => compare(a.host.name, b.host.name) || compare(a.app ? a.app.name : "", b.app ? b.app.name : "");
  [...rows].sort(byHost).forEach((row, place) => { row.place = place; });
  const ORDERS = {
    worst: (a, b) => a.rank - b.rank || a.place - b.place,
    host: (a, b) => a.place - b.place,
    app: (a, b) => compare(a.app ? a.app.name : "", b.app ? b.app.name : "") || a.place - b.place,
    newest: (a, b) => b.at - a.at || a.place - b.place,
    oldest: (a, b) => (a.at || Infinity) - (b.at || Infinity) || a.place - b.place,
  };

  const matcher = (query) => {
    const words = query.toLowerCase().split(/\s+/).filter((word) => word && word !== "-");
    const tests = words.map((word) => {
      const not = word.startsWith("-");
      const [, field, text] = /^(?:(host|app|user|unit|image|state):)?(.*)$/.exec(not ? word.slice(1) : word);
      return (row) => (field ? row.fields[field] : row.all).includes(text) !== not;
    });
    return (row) => tests.every((test) => test(row));
  };

  let found = [];
  let shown = 0;
  const filter = () => {
    const [, , chosen] = TILES.find(([id]) => id === view.show) || TILES[0];
    found = chosen.filter(matcher(view.q)).sort(ORDERS[view.sort]);
    shown = 0;
    by("rows").replaceChildren();
    by("count").textContent = found.length === rows.length ? count(found.length, "row") : `${count(found.length, "row")} of ${rows.length.toLocaleString("en")}`;
    showMore(Math.max(AT_ONCE, found.findIndex((row) => row.key === view.open) + 1));
  };
  const showMore = (number) => {
    const next = found.slice(shown, shown + number);
    by("rows").append(...next.flatMap((row) => (row.key === view.open && row.app ? [line(row), detail(row)] : [line(row)])));
    shown += next.length;
    const left = found.length - shown;
    by("more").hidden = left === 0;
    by("more").textContent = `Show more (${left.toLocaleString("en")} left)`;
    if (!found.length) {
      by("rows").append(make("tr", { role: "row" }, make("td", { colspan: 8, role: "cell", class: "soft" }, "Nothing matches.")));
    }
  };

  const cell = (name, ...children) => make("td", { role: "cell", class: name }, ...children);
  const stateOf = (word) => make("span", { class: `state ${word}` }, word);
  const dots = (app) => {
    const told = WORST.map((word) => [word, app.services.filter((s) => s.state === word).length]).filter(([, n]) => n);
    const text = told.map(([word, n]) => `${n} ${word}`).join(", ") || "none";
    const marks = told.flatMap(([word, n]) => Array.from({ length: Math.min(n, 24) }, () => make("i", { class: word })));
    return make("span", { class: "dots", role: "img", "aria-label": text, title: text }, ...marks);
  };
  const tags = (row) => {
    const { app, host } = row;
    if (!app) return make("span", { class: "tag-bad" }, host.reason);
    const list = [];
    if (app.last_run_failed) list.push(make("span", { class: "tag-bad" }, "last run failed"));
    if (app.drift.length) list.push(make("span", { class: "tag-drift" }, app.drift.length === 1 ? app.drift[0] : `${app.drift.length} differences`));
    if (app.rollout_under_way) list.push(make("span", { class: "tag-soft" }, `rollout ${app.rollout} under way`));
    if (app.declared === false) list.push(make("span", { class: "tag-soft" }, "not in the inventory"));
    return list.length ? make("span", { class: "tags" }, ...list) : "";
  };
  const line = (row) => {
    const { app, host } = row;
    const opened = row.key === view.open;
    const name = app
      ? make("button", { type: "button", class: "name", "aria-expanded": String(opened), "data-key": row.key },
        app.name, app.user ? make("span", { class: "by" }, ` ${app.user}`) : "")
      : make("span", { class: "soft" }, "–");
    return make("tr", { class: opened ? "row opened" : "row", role: "row" },
      cell("c-state", stateOf(row.state)), cell("c-app", name), cell("c-host", host.name),
      cell("c-services", app && app.services.length ? dots(app) : ""),
      cell("c-health", app && app.health ? make("span", { class: `state ${app.health}` }, app.health) : ""),
      cell("c-generation number", app && app.generation ? String(app.generation) : ""),
      cell("c-age number", app && app.deployed_at ? moment(app.deployed_at) : ""),
      cell("c-look", tags(row)));
  };

  const part = (title, ...children) => make("section", {}, make("h3", {}, title), ...children);
  const scrolls = (label, child) => make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, child);
  const lines = (label, texts) => make("pre", { tabindex: 0, role: "region", "aria-label": label }, texts.join("\n"));
  const detail = ({ app, host }) => {
    const parts = [];
    if (app.drift.length) parts.push(part("Differences from what was deployed", make("ul", {}, ...app.drift.map((text) => make("li", {}, text)))));
    app.services.filter((s) => s.journal.length).forEach((s) => {
      parts.push(part(`Last lines of ${s.name}`, lines(`Last lines of ${s.name}`, s.journal)));
    });
    if (app.failures.length) parts.push(part("Runs that failed", ...[...app.failures].reverse().map(failedRun)));
    const sides = [];
    if (app.services.length) sides.push(part("Units", graph(app)));
    if (app.generations.length) sides.push(part("Deployments", deployments(app)));
    if (sides.length) parts.unshift(make("div", { class: "columns" }, ...sides));
    if (app.services.length) parts.push(part("Services", services(app)));
    return make("tr", { class: "detail", role: "row" },
      make("td", { colspan: 8, role: "cell", "aria-label": `${app.name} on ${host.name}` }, ...parts));
  };
  const failedRun = (run, number) => make("details", { open: run.open && number === 0 },
    make("summary", {}, make("span", { class: run.open ? "tag-bad" : "" }, run.result === "restored" ? "undone" : "failed"), " ",
      moment(run.ended_at), " ago", run.generation ? `, generation ${run.generation}` : "", ": ", run.message),
    ...run.failures.flatMap((f) => [
      make("p", {}, [f.service, f.phase, f.reason].filter(Boolean).join(" · "), f.exit_code === null ? "" : ` (exit status ${f.exit_code})`),
      f.hint ? make("p", { class: "soft" }, f.hint) : "",
      f.journal.length ? lines(`Journal of ${f.service || "the run"}`, f.journal) : "",
    ]));
  const deployments = (app) => make("ol", { reversed: true, start: app.generations.length, class: "plain" },
    ...[...app.generations].reverse().map((g) => make("li", { value: g.number },
      make("details", {},
        make("summary", {}, moment(g.made_at), " ago by ", g.made_by, g.current ? " · deployed" : "", g.passed ? "" : " · its gate did not pass",
          g.rollout ? ` · rollout ${g.rollout}` : ""),
        make("ul", {}, ...(g.changes.length ? g.changes : ["no change"]).map((text) => make("li", {}, text)))))));
  const services = (app) => {
    const heads = ["Service", "State", "systemd", "Health", "Restarts", "Image"];
    const body = app.services.map((s) => make("tr", {},
      make("td", { class: "mono" }, s.name), make("td", {}, stateOf(s.state)),
      make("td", {}, `${s.active} (${s.sub})`), make("td", {}, s.health || ""),
      make("td", {}, s.restarts ? String(s.restarts) : ""), make("td", { class: "wide mono" }, s.image || "")));
    return scrolls("Services", make("table", { class: "list" },
      make("thead", {}, make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)))), make("tbody", {}, ...body)));
  };

  const WIDE = 158, HIGH = 36, GAP = 46, BETWEEN = 10;
  const graph = (app) => {
    const spot = new Map(app.services.map((s) => [s.name, { x: s.place[0] * (WIDE + GAP), y: s.place[1] * (HIGH + BETWEEN) }]));
    const width = Math.max(...[...spot.values()].map((p) => p.x)) + WIDE;
    const height = Math.max(...[...spot.values()].map((p) => p.y)) + HIGH;
    const edges = app.services.flatMap((s) => [
      ...s.needs.map((other) => [other, s.name, "needs"]), ...s.triggers.map((other) => [s.name, other, "triggers"]),
    ]).filter(([a, b]) => a !== b && spot.has(a) && spot.has(b));
    const told = edges.map(([a, b, how]) => (how === "needs" ? `${b} needs ${a}` : `${a} starts ${b}`)).join("; ");
    const svg = draw("svg", { class: "graph", width: width + 2, height: height + 2, viewBox: `-1 -1 ${width + 2} ${height + 2}`,
      role: "img", "aria-label": `${count(app.services.length, "service")}. ${told}` });
    edges.forEach(([a, b, how]) => {
      const [from, to] = [spot.get(a), spot.get(b)];
      const [x1, y1, x2, y2] = [from.x + WIDE, from.y + HIGH / 2, to.x, to.y + HIGH / 2];
      const bend = Math.max(GAP / 2, Math.abs(x2 - x1) / 2);
      svg.append(draw("path", { class: how, d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` }));
    });
    app.services.forEach((s) => {
      const { x, y } = spot.get(s.name);
      const short = s.unit.length > 22 ? `${s.unit.slice(0, 21)}…` : s.unit;
      svg.append(draw("g", { transform: `translate(${x} ${y})`, class: s.state },
        draw("title", {}, `${s.name}: ${s.state}`),
        draw("rect", { class: "box", width: WIDE, height: HIGH, rx: 6 }), draw("rect", { class: "mark", width: 4, height: HIGH - 12, x: 6, y: 6, rx: 2 }),
        draw("text", { x: 17, y: 15 }, short), draw("text", { x: 17, y: 28, class: "kind" }, `${s.state}${s.health ? `, ${s.health}` : ""}`)));
    });
    const starts = edges.some(([, , how]) => how === "triggers");
    return make("div", {}, scrolls("Graph of the units", svg),
      edges.length ? make("p", { class: "legend" }, `A line leads to what needs it${starts ? "; a broken one to what it starts" : ""}.`) : "");
  };

  const header = () => {
    const made = by("made");
    made.dateTime = fleet.made_at;
    made.textContent = `${fleet.made_at.replace("T", " ").replace("Z", " UTC")} (${age(fleet.made_at)}${age(fleet.made_at) === "now" ? "" : " ago"}), ${count(fleet.summary.hosts, "host")}, ${count(fleet.summary.services, "service")}`;
    WORST.forEach((word) => {
      const number = rows.filter((row) => row.state === word).length;
      if (!number) return;
      const piece = make("span", { class: word });
      piece.style.flexGrow = String(number);
      by("bar").append(piece);
    });
    by("tiles").append(...TILES.map(([id, text, list, number]) => make("button", { type: "button", class: list.length ? "tile" : "tile zero", "data-show": id },
      make("b", {}, (number === undefined ? list.length : number).toLocaleString("en")), make("span", {}, text))));
  };
  const refresh = () => {
    by("search").value = view.q;
    by("sort").value = view.sort;
    by("tiles").querySelectorAll("button").forEach((tile) => tile.setAttribute("aria-pressed", String(tile.dataset.show === view.show)));
    filter();
  };
  const change = (parts) => {
    Object.assign(view, parts);
    writeAddress();
    refresh();
  };
  const toggle = (key) => {
    change({ open: view.open === key ? "" : key });
    const button = [...by("rows").querySelectorAll(".name")].find((item) => item.dataset.key === key);
    if (button) button.focus({ preventScroll: true });
  };

  by("controls").addEventListener("submit", (event) => event.preventDefault());
  by("search").addEventListener("input", () => change({ q: by("search").value, open: "" }));
  by("sort").addEventListener("change", () => change({ sort: by("sort").value }));
  by("tiles").addEventListener("click", (event) => {
    const tile = event.target.closest("button");
    if (tile) change({ show: tile.dataset.show === view.show ? "" : tile.dataset.show, open: "" });
  });
  by("rows").addEventListener("click", (event) => {
    const button = event.target.closest(".name");
    if (button) toggle(button.dataset.key);
  });
  by("skip").addEventListener("click", (event) => {
    event.preventDefault();
    by("apps").focus();
  });
  by("more").addEventListener("click", () => showMore(AT_ONCE));
  new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting) && !by("more").hidden) showMore(AT_ONCE);
  }, { rootMargin: "400px" }).observe(by("more"));
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      by("search").focus();
    } else if (event.key === "Escape" && view.open && !typing) {
      toggle(view.open);
    }
  });
  addEventListener("hashchange", () => {
    const before = JSON.stringify(view);
    readAddress();
    if (JSON.stringify(view) !== before) refresh();
  });

  readAddress();
  header();
  refresh();
})();
