// Draws the report from the JSON beside it. What needs drawing (the sequence diagrams) is drawn when it is
// looked at first, so that a report with many findings opens at once.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);

// An element with a class, text or children. Text is never taken for markup: it is what servers wrote.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick" || name === "oninput") element[name] = value;
    else if (value !== null) element.setAttribute(name, value);
  }
  for (const child of children) element.append(child);
  return element;
}

const plural = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
const seconds = (value) => (value < 10 ? value.toFixed(1) : Math.round(value)) + " s";

function table(head, rows) {
  const header = make("tr", {}, ...head.map((cell) =>
      cell instanceof Node ? cell : make("th", {scope: "col"}, cell)));
  return make("div", {class: "scroll", tabindex: "0"},
      make("table", {}, make("thead", {}, header), make("tbody", {}, ...rows)));
}

// ---- The verdict.

function drawVerdict() {
  const fresh = data.findings.filter((finding) => !finding.tolerated).length;
  const tolerated = data.findings.length - fresh;
  const open = data.holds;
  const cases = d3.sum(data.areas, (area) => area.cases.length);
  const tile = (number, what) => make("div", {class: "tile"}, make("b", {}, number), what);
  document.title = `hupstorm gate: ${open ? "open" : "shut"}`;
  document.getElementById("verdict").append(
      make("div", {class: `banner ${open ? "open" : "shut"}`, role: "status"},
          make("h1", {}, open ? "The gate is open" : `The gate is shut: ${plural(fresh, "new finding")}`),
          make("p", {}, "Server: ", make("code", {}, data.target),
              data.mend === "none" ? "" : ` (mends: ${data.mend})`,
              `. ${data.world === "process" ? "Started as a process of its own" : `In the ${data.world} world`}, `,
              `${data.date}.`),
          data.note ? make("p", {}, data.note) : "",
          data.broken_off ? make("p", {}, `Not all was run: ${data.broken_off}`) : ""),
      make("div", {class: "tiles"},
          tile(fresh.toLocaleString("en"), "new findings"),
          tile(tolerated.toLocaleString("en"), "tolerated by the baseline"),
          tile(data.gone.length.toLocaleString("en"), "of the baseline are gone"),
          tile(cases.toLocaleString("en"), "cases run"),
          tile(seconds(data.seconds), "in all")));
}

// ---- What was run.

function drawAreas() {
  const longest = d3.max(data.areas, (area) => area.seconds) || 1;
  const rows = data.areas.map((area) => {
    const failed = area.cases.filter((one) => one[2].length > 0).length;
    const said = area.skipped ? `not run: ${area.skipped}` : area.did;
    const more = area.left_out.map((text) => make("div", {class: "dim"}, text));
    const bar = make("div", {class: "bar"});
    bar.style.width = `${Math.max(1, 100 * area.seconds / longest)}%`;
    return make("tr", {},
        make("th", {scope: "row"}, area.name),
        make("td", {}, said, ...more),
        make("td", {}, area.skipped ? "" : failed === 0
            ? make("span", {class: "badge good"}, "nothing found")
            : make("span", {class: "badge"}, `${plural(failed, "case")} of ${area.cases.length}`)),
        make("td", {class: "number"}, area.skipped ? "" : seconds(area.seconds), area.skipped ? "" : bar));
  });
  document.getElementById("areas").append(table(["Area", "What", "Result", "Time"], rows));
}

// ---- Findings.

function copyButton(text) {
  const button = make("button", {type: "button"}, "Copy");
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {  // not allowed, or not there, where the file was opened from a disk
      const area = make("textarea", {});
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = "Copied";
    button.dataset.copied = text;
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };
  return button;
}

function scenarioText(finding) {
  const pre = make("pre", {tabindex: "0"});
  finding.text.split("\n").forEach((line, i, lines) => {
    if (i === lines.length - 1 && line === "") return;
    pre.append(i + 1 === finding.line ? make("mark", {}, line) : line, "\n");
  });
  return pre;
}

function socketsTable(sockets) {
  const head = ["Client", "Server's state", "Descriptor", "Recv-Q", "Send-Q", "Client's state", "Client's Recv-Q"];
  const rows = sockets.map((row) => make("tr", {},
      ...[row.client, row.server_state, row.fd < 0 ? "-" : row.fd, row.recv_q, row.send_q, row.client_state,
        row.client_recv_q].map((cell) => make("td", {}, String(cell)))));
  return table(head, rows);
}

function findingBody(finding) {
  const body = make("div", {class: "body"});
  const section = (title, ...parts) => body.append(make("h3", {}, title), ...parts);
  section("See it", make("div", {class: "command"},
      make("pre", {tabindex: "0"}, finding.replay), copyButton(finding.replay)));
  if (!finding.again) {
    body.append(make("p", {}, "It did not show again when the scenario was run by itself."));
  }
  if (finding.text) section("The scenario", scenarioText(finding));
  if (finding.rows.length > 0) section("What happened", sequence(finding));
  if (finding.sockets.length > 0) {
    section("The server's connections at the end of the script", socketsTable(finding.sockets));
  }
  if (finding.output) section("The server wrote", make("pre", {tabindex: "0"}, finding.output));
  const oracle = data.oracles[finding.oracle];
  if (oracle) {
    section(`What ${finding.oracle} means`,
        make("p", {class: "dim"}, `It holds when ${oracle.holds_when}.`),
        make("p", {class: "page"}, oracle.page));
  }
  body.append(make("p", {class: "dim mono"}, `fingerprint ${finding.fingerprint}`));
  return body;
}

function findingCard(finding, index) {
  const place = finding.file ? `${finding.file}${finding.line ? ":" + finding.line : ""}` : finding.scenario;
  const more = finding.cases > 1 ? `, in ${plural(finding.cases, "case")}` : "";
  const card = make("details", {class: "finding", id: `finding-${index}`},
      make("summary", {},
          make("span", {class: `badge${finding.tolerated ? " tolerated" : ""}`},
              finding.oracle + (finding.tolerated ? " (tolerated)" : "")),
          " ", finding.evidence,
          make("span", {class: "where"}, `${finding.target}, ${finding.area}: ${place}${more}`)));
  card.addEventListener("toggle", () => {
    if (card.open && card.childElementCount === 1) card.append(findingBody(finding));
  });
  return card;
}

function drawFindings() {
  const section = document.getElementById("findings");
  if (data.findings.length === 0) {
    section.append(make("p", {}, "None: no oracle had anything to report."));
    return;
  }
  const order = d3.range(data.findings.length).sort((a, b) =>
    data.findings[a].tolerated - data.findings[b].tolerated || data.findings[a].rank - data.findings[b].rank || a - b);
  const cards = new Map(order.map((i) => [i, findingCard(data.findings[i], i)]));
  const count = make("p", {class: "dim", role: "status"});
  const choice = (label, values) => {
    const select = make("select", {}, make("option", {value: ""}, "all"),
        ...values.map((value) => make("option", {value}, value)));
    return [make("label", {}, label, select), select];
  };
  const distinct = (field) => [...new Set(data.findings.map((finding) => finding[field]))].sort();
  const text = make("input", {type: "search", id: "filter", placeholder: "evidence, scenario, fingerprint"});
  const [oracleLabel, oracle] = choice("Oracle", distinct("oracle"));
  const [areaLabel, area] = choice("Area", distinct("area"));
  const [targetLabel, target] = choice("Server", distinct("target"));
  const apply = () => {
    const wanted = text.value.toLowerCase();
    let shown = 0;
    for (const [i, card] of cards) {
      const finding = data.findings[i];
      const words = [finding.evidence, finding.scenario, finding.fingerprint, finding.oracle, finding.target];
      const fits = (!oracle.value || finding.oracle === oracle.value) &&
          (!area.value || finding.area === area.value) && (!target.value || finding.target === target.value) &&
          words.join("\n").toLowerCase().includes(wanted);
      card.hidden = !fits;
      shown += fits;
    }
    count.textContent = `${shown} of ${plural(cards.size, "finding")} shown`;
  };
  for (const control of [text, oracle, area, target]) control.oninput = apply;
  section.append(make("div", {class: "filters"}, make("label", {class: "grow"}, "Search", text), oracleLabel,
      areaLabel, distinct("target").length > 1 ? targetLabel : ""), count, ...cards.values());
  if (data.gone.length > 0) {
    section.append(make("h3", {}, "Gone: in the baseline, and not found any more"),
        table(["Server", "Oracle", "Fingerprint"], data.gone.map((gone) => make("tr", {},
            make("td", {}, gone.target), make("td", {}, gone.oracle),
            make("td", {class: "mono"}, gone.fingerprint)))));
  }
  apply();
}

// A link from elsewhere in the page, or into it, opens its finding.
function openLinked() {
  const card = location.hash.startsWith("#finding-") && document.querySelector(location.hash);
  if (!card) return;
  card.open = true;
  card.querySelector("summary").focus();
}

// ---- A sequence diagram: clients on the left, the kernel, the server.

const kRowHeight = 24;
const kMostLifelines = 6;

function clientOf(row) {
  if (row.client) return row.client;
  const match = row.kind === "step" || row.kind === "placed"
      ? /^(?:at .*: )?([a-z](?:\[[0-9.]+\])?) /.exec(row.text) : null;
  return match ? match[1] : null;
}

function sequence(finding) {
  const names = [...new Set(finding.rows.map(clientOf).filter((name) => name))];
  const shownNames = names.slice(0, kMostLifelines);
  const actors = [...shownNames, ...(names.length > kMostLifelines ? ["others"] : []), "kernel", "server"];
  if (names.length === 0) actors.unshift("clients");
  const wide = 1060;
  const x = d3.scalePoint().domain(actors).range([60, wide * 0.42]).padding(0.2);
  const server = x("server");
  const kernel = x("kernel");
  const top = 44;
  const height = top + kRowHeight * (finding.rows.length + 1);
  const svg = d3.create("svg").attr("viewBox", `0 0 ${wide} ${height}`).attr("width", wide).attr("height", height)
      .attr("role", "img").attr("aria-label", `Sequence diagram: ${finding.evidence}`);
  svg.append("g").selectAll("line").data(actors).join("line").attr("class", "life")
      .attr("x1", (name) => x(name)).attr("x2", (name) => x(name)).attr("y1", 30).attr("y2", height);
  const head = svg.append("g").selectAll("g").data(actors).join("g").attr("class", "actor")
      .attr("transform", (name) => `translate(${x(name)},6)`);
  head.append("rect").attr("x", -34).attr("width", 68).attr("height", 24).attr("rx", 5);
  head.append("text").attr("text-anchor", "middle").attr("y", 16)
      .text((name) => name.length > 9 ? name.slice(0, 8) + "…" : name).append("title").text((name) => name);

  const rows = svg.append("g").selectAll("g").data(finding.rows).join("g")
      .attr("transform", (_, i) => `translate(0,${top + kRowHeight * (i + 0.6)})`);
  const arrow = (g, from, to, kind) => {
    const way = to > from ? 1 : -1;
    g.append("line").attr("class", `arrow ${kind}`).attr("x1", from).attr("x2", to - 5 * way);
    g.append("path").attr("class", `head ${kind}`).attr("d", `M${to},0l${-8 * way},-4v8z`);
  };
  const label = (g, kind, text, place = server + 46) => {
    const room = Math.floor((wide - place - 10) / (kind.startsWith("call") ? 6.7 : 6.2));
    const cut = text.length > room ? text.slice(0, room - 2) + " …" : text;
    g.append("text").attr("class", `label ${kind}`).attr("x", place).attr("y", 4).text(cut)
        .append("title").text(text);
  };
  rows.each(function draw(row) {
    const g = d3.select(this);
    const client = clientOf(row);
    const from = client === null ? null : x(shownNames.includes(client) ? client : "others");
    if (row.kind === "step" || row.kind === "placed") {
      if (from !== null) arrow(g, from, kernel, "step");
      label(g, "step", (row.kind === "placed" ? "inside the next call: " : "") + row.text);
    } else if (row.kind === "call") {
      arrow(g, server, kernel, "");
      label(g, /= -1 /.test(row.text) && !/EAGAIN/.test(row.text) ? "call error" : "call", row.text);
    } else if (row.kind === "finding") {
      g.append("rect").attr("class", "band").attr("x", 4).attr("y", -11).attr("width", wide - 8).attr("height", 22)
          .attr("rx", 4);
      label(g, "finding", row.text, 14);
    } else {
      const text = {log: "the server wrote: ", clock: "the clock moves on by "}[row.kind] || "";
      label(g, "note", text + row.text);
    }
  });
  return make("div", {class: "scroll", tabindex: "0"}, svg.node());
}

// ---- Which bug shows in which part of the suite.

const groupOf = (name) => (name.includes("/") ? name.split("/").slice(-2)[0] : name);

function heatTable(corner, columns, rows) {
  const most = d3.max(rows, (row) => d3.max(row.cells)) || 1;
  const color = d3.scaleSqrt([0, most], [0.08, 0.75]);
  return table([corner, ...columns.map((name) => make("th", {scope: "col", class: "column"}, name))],
      rows.map((row) => make("tr", {}, make("th", {scope: "row"}, row.head), ...row.cells.map((count) => {
        const cell = make("td", {class: "heat"}, count ? String(count) : "");
        if (count) cell.style.background = `color-mix(in srgb, var(${row.color}) ${100 * color(count)}%, transparent)`;
        return cell;
      }))));
}

function drawMatrix() {
  const section = document.getElementById("matrix");
  const suite = data.areas.filter((area) => area.name.startsWith("suite") || area.name === "sweep");
  const cases = suite.flatMap((area) => area.cases);
  const shown = [...new Set(cases.flatMap((one) => one[2]))].sort((a, b) => a - b);
  if (shown.length === 0) {
    section.remove();
    return;
  }
  const groups = [...new Set(cases.map((one) => groupOf(one[0])))].sort();
  section.append(make("p", {class: "dim"}, "How many cases of each part of the suite show each finding."),
      heatTable("Finding", groups, shown.map((i) => ({
        head: make("a", {href: `#finding-${i}`}, `${data.findings[i].oracle}: ${data.findings[i].evidence}`),
        color: data.findings[i].tolerated ? "--warn" : "--bad",
        cells: groups.map((group) => cases.filter((one) => groupOf(one[0]) === group && one[2].includes(i)).length),
      }))));
}

function drawDefects() {
  const section = document.getElementById("defects");
  if (data.defects.length === 0) {
    section.remove();
    return;
  }
  const groups = [...new Set(data.defects.flatMap((defect) => defect.scenarios.map(groupOf)))].sort();
  section.append(
      make("p", {class: "dim"}, "Each defect of the documents' servers by itself: how many scenarios of each part of " +
          "the suite make an oracle report it that should."),
      heatTable("Defect", groups, data.defects.map((defect) => ({
        head: make("span", {}, defect.name, " ",
            defect.caught ? "" : make("span", {class: "badge"}, "not caught")),
        color: "--good",
        cells: groups.map((group) => defect.scenarios.filter((name) => groupOf(name) === group).length),
      }))));
}

// ---- Campaigns: curves over time.

function plot(title, draw, height = 230) {
  const svg = d3.create("svg").attr("viewBox", `0 0 420 ${height}`).attr("role", "img").attr("aria-label", title);
  draw(svg, {left: 52, right: 408, top: 12, bottom: height - 30});
  return make("div", {class: "plot"}, make("h3", {}, title), svg.node());
}

function axes(svg, x, y, box) {
  svg.append("g").attr("class", "axis").attr("transform", `translate(0,${box.bottom})`)
      .call(d3.axisBottom(x).ticks(5).tickFormat((value) => `${value} s`));
  svg.append("g").attr("class", "axis").attr("transform", `translate(${box.left},0)`)
      .call(d3.axisLeft(y).ticks(5, "~s"));
}

function curve(title, rows, field, color) {
  return plot(title, (svg, box) => {
    const x = d3.scaleLinear().domain([0, d3.max(rows, (row) => row.seconds) || 1]).range([box.left, box.right]);
    const y = d3.scaleLinear().domain([0, d3.max(rows, (row) => row[field]) || 1]).nice()
        .range([box.bottom, box.top]);
    axes(svg, x, y, box);
    svg.append("path").attr("class", "curve").attr("stroke", `var(${color})`)
        .attr("d", d3.line().x((row) => x(row.seconds)).y((row) => y(row[field]))(rows));
  });
}

function timesToFindings(campaign) {
  return plot("Time to each finding", (svg, box) => {
    const found = [...campaign.findings].sort((a, b) => a.seconds - b.seconds);
    const x = d3.scaleLinear().domain([0, d3.max(found, (one) => one.seconds) || 1]).nice()
        .range([box.left + 70, box.right]);
    const y = d3.scaleBand().domain(d3.range(found.length)).range([box.top, box.bottom]).padding(0.25);
    svg.append("g").attr("class", "axis").attr("transform", `translate(0,${box.bottom})`)
        .call(d3.axisBottom(x).ticks(4).tickFormat((value) => `${value} s`));
    const bar = svg.append("g").selectAll("g").data(found).join("g").attr("transform", (_, i) => `translate(0,${y(i)})`);
    bar.append("rect").attr("x", x(0)).attr("height", y.bandwidth()).attr("fill", "var(--bad)").attr("opacity", 0.6)
        .attr("width", (one) => Math.max(2, x(one.seconds) - x(0)));
    bar.append("text").attr("class", "label").attr("x", x(0) - 6).attr("y", y.bandwidth() / 2 + 4)
        .attr("text-anchor", "end").text((one) => one.oracle).append("title").text((one) => one.evidence);
  }, Math.max(230, 50 + 16 * campaign.findings.length));
}

function drawCampaigns() {
  const section = document.getElementById("campaigns");
  if (data.campaigns.length === 0) {
    section.remove();
    return;
  }
  for (const campaign of data.campaigns) {
    section.append(make("h3", {}, `${campaign.target}, ${campaign.engine}`),
        make("div", {class: "plots"},
            curve("Coverage", campaign.rows, "coverage", "--accent"),
            curve("Executions a second", campaign.rows, "rate", "--good"),
            campaign.findings.length > 0 ? timesToFindings(campaign) : ""));
  }
}

drawVerdict();
drawAreas();
drawFindings();
drawMatrix();
drawDefects();
drawCampaigns();
document.getElementById("footer").append(`hupstorm ${data.version}. Plots and diagrams by D3 ${d3.version}.`);
window.addEventListener("hashchange", openLinked);
openLinked();
