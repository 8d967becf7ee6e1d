// Draws the report from the JSON beside it. What a finding consists of is drawn when it is opened first, so
// that a report with many findings opens at once.

const data = JSON.parse(document.getElementById("data").textContent);

const plural = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
const seconds = (value) => (value < 10 ? value.toFixed(1) : Math.round(value)) + " s";
const joined = (nodes, separator) => nodes.flatMap((node, i) => (i === 0 ? [node] : [separator, node]));

// A wide table scrolls by itself, also by keyboard: the page never does.
function table(label, head, rows) {
  const header = make("tr", {}, ...head.map((cell) =>
      cell instanceof Node ? cell : make("th", {scope: "col"}, cell)));
  return make("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": label},
      make("table", {}, make("thead", {}, header), make("tbody", {}, ...rows)));
}

// ---- The verdict.

const kWorlds = {
  simulated: "On hupstorm's simulated kernel",
  loopback: "On Linux, over loopback",
  process: "Started as a process of its own",
};

function drawVerdict() {
  const fresh = data.findings.filter((finding) => !finding.tolerated).length;
  const cases = d3.sum(data.areas, (area) => area.cases.length);
  const tile = (number, what) => make("div", {class: "tile"}, make("b", {}, number), what);
  const count = (number, what) => tile(number.toLocaleString("en"), what);
  const why = fresh > 0 ? plural(fresh, "new bug") : "not all was run";
  const servers = data.target.split(",").map((name) => make("code", {}, name));
  const baseline = data.has_baseline ? [
    count(data.findings.length - fresh, "tolerated by the baseline"),
    count(data.gone.length, "of the baseline are gone"),
  ] : [];
  document.title = `hupstorm gate: ${data.holds ? "open" : "shut"}`;
  document.getElementById("verdict").append(
      make("div", {class: `banner ${data.holds ? "open" : "shut"}`, role: "status"},
          make("h1", {}, data.holds ? "The gate is open" : `The gate is shut: ${why}`),
          make("p", {}, servers.length > 1 ? "Servers: " : "Server: ", ...joined(servers, ", "),
              data.mend === "none" ? "" : ` (mends: ${data.mend})`,
              `. ${kWorlds[data.world] || data.world}, `, make("span", {class: "date"}, data.date), "."),
          data.note ? make("p", {}, data.note) : "",
          data.broken_off ? make("p", {}, `Not all was run: ${data.broken_off}`) : ""),
      make("div", {class: "tiles"},
          count(fresh, fresh === 1 ? "new bug" : "new bugs"),
          ...baseline,
          count(cases, "cases run"),
          tile(seconds(data.seconds), "in all")));
}

// ---- What was run.

const kAreas = {
  "suite": "written by hand, each played to each server",
  "corpus": "inputs kept from earlier campaigns and bugs",
  "sweep": "each scenario again, with one fault, reset or half-close placed at each call of the server",
  "fuzz": "the same seed gives the same scenarios again",
  "suite-linux": "the suite again, on Linux instead of the simulated kernel",
  "matrix": "is each known defect caught, and is every correct server left alone?",
  "conformance": "does the simulated kernel do as Linux does?",
};

function resultOf(area) {
  const of = area.cases.length.toLocaleString("en");
  const failed = area.cases.filter((one) => one[2].some((i) => !data.findings[i].tolerated)).length;
  const tolerated = area.cases.filter((one) => one[2].length > 0).length - failed;
  const badges = [];
  if (failed > 0) badges.push(make("span", {class: "badge"}, `${failed.toLocaleString("en")} of ${of} failed`));
  if (tolerated > 0) {
    badges.push(make("span", {class: "badge tolerated"}, `${tolerated.toLocaleString("en")} of ${of} tolerated`));
  }
  return badges.length > 0 ? badges : [make("span", {class: "badge good"}, "nothing found")];
}

function drawAreas() {
  const longest = d3.max(data.areas, (area) => area.seconds) || 1;
  const rows = data.areas.map((area) => {
    const bar = make("div", {class: "bar"});
    bar.style.width = `${Math.max(1, 100 * area.seconds / longest)}%`;
    return make("tr", {},
        make("th", {scope: "row"}, area.name),
        make("td", {}, area.skipped ? `not run: ${area.skipped}` : area.did,
            ...[kAreas[area.name], ...area.left_out].filter((text) => text)
                .map((text) => make("div", {class: "dim"}, text))),
        make("td", {}, ...(area.skipped ? [] : joined(resultOf(area), " "))),
        make("td", {class: "number"}, ...(area.skipped ? [] : [seconds(area.seconds), bar])));
  });
  document.getElementById("areas").append(table("What was run", ["Area", "What", "Result",
    make("th", {scope: "col", class: "number"}, "Time")], rows));
}

// ---- Findings.

function copyButton(text) {
  const button = make("button", {type: "button", "aria-live": "polite"}, "Copy");
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
      button.focus();
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };
  return button;
}

function scenarioText(finding) {
  const pre = make("pre");
  finding.text.split("\n").forEach((line, i, lines) => {
    if (i === lines.length - 1 && line === "") return;
    pre.append(i + 1 === finding.line ? make("mark", {}, line) : line, "\n");
  });
  return pre;
}

function sourceText(source) {
  const pre = make("pre");
  const width = String(source.from + source.lines.length).length;
  source.lines.forEach((line, i) => {
    const number = source.from + i;
    const text = `${String(number).padStart(width)}  ${line}`;
    pre.append(number === source.line ? make("mark", {}, text) : text, "\n");
  });
  return pre;
}

// From the call outwards. What is no part of the server is dim.
function stackTable(stack) {
  return table("The functions that made the call", ["Function", "Where"], stack.map((frame) =>
      make("tr", frame.own ? {} : {class: "dim"}, make("td", {class: "mono"}, frame.function || "?"),
          make("td", {class: "mono"}, frame.where))));
}

function symptomsTable(symptoms) {
  return table("How it is noticed", ["Rule (oracle)", "Scenarios and areas"], symptoms.map((symptom) =>
      make("tr", {}, make("td", {}, symptom.oracle), make("td", {}, symptom.shown_in.join(", ")))));
}

function socketsTable(sockets) {
  const head = ["Client", "Server's state", "Descriptor", "Recv-Q", "Send-Q", "Client's state", "Client's Recv-Q"];
  const rows = sockets.map((row) => make("tr", {},
      ...[row.client, row.server_state, row.fd < 0 ? "-" : row.fd, row.recv_q, row.send_q, row.client_state,
        row.client_recv_q].map((cell) => make("td", {}, String(cell)))));
  return table("The server's connections", head, rows);
}

// An oracle's page is text for a terminal: lines are filled up anew, lists are lists.
function pageOf(text) {
  const parts = [];
  for (const paragraph of text.trim().split(/\n\s*\n/)) {
    for (const line of paragraph.split("\n")) {
      const item = /^ +- (.*)$/.exec(line);
      const last = parts[parts.length - 1];
      if (item) {
        const list = last instanceof HTMLUListElement ? last : parts[parts.push(make("ul")) - 1];
        list.append(make("li", {}, item[1]));
      } else if (last instanceof HTMLParagraphElement && !last.dataset.whole) {
        last.append(" " + line);
      } else {
        parts.push(make("p", {}, line));
      }
    }
    const last = parts[parts.length - 1];
    if (last) last.dataset.whole = "yes";
  }
  return make("div", {class: "page"}, ...parts);
}

function findingBody(finding) {
  const body = make("div", {class: "body"});
  const section = (title, ...parts) => body.append(make("h3", {}, title), ...parts);
  if (finding.source) section(finding.where, sourceText(finding.source));
  section("See it", make("div", {class: "command"},
      make("pre", {}, finding.replay), copyButton(finding.replay)));
  if (finding.stack.length > 0) section("The call's stack", stackTable(finding.stack));
  if (!finding.again) {
    body.append(make("p", {}, "It did not show again when the scenario was run by itself."));
  }
  if (finding.text) section("The scenario", scenarioText(finding));
  if (finding.rows.length > 0) section("What happened", diagramKey(), diagramOf(finding));
  if (finding.sockets.length > 0) {
    section("The server's connections at the end of the script", socketsTable(finding.sockets));
  }
  if (finding.output) section("The server wrote", make("pre", {}, finding.output));
  if (finding.symptoms.length > 1) section("How it is noticed", symptomsTable(finding.symptoms));
  const oracle = data.oracles[finding.oracle];
  if (oracle) {
    section(`What ${finding.oracle} means`,
        make("p", {}, make("b", {}, "The rule: "), `${oracle.holds_when}.`),
        pageOf(oracle.page));
  }
  body.append(make("p", {class: "dim"}, "Bug ", make("code", {}, finding.bug),
      ": the number stays the same from run to run, and a baseline names bugs by it."));
  return body;
}

function findingCard(finding, index) {
  const more = finding.cases > 1 ? `, in ${plural(finding.cases, "case")}` : "";
  const card = make("details", {class: "finding"},
      make("summary", {id: `finding-${index}`},
          make("span", {class: `badge${finding.tolerated ? " tolerated" : ""}`},
              finding.oracle + (finding.tolerated ? " (tolerated)" : "")),
          " ", make("b", {}, `${finding.where}: `), finding.evidence,
          make("span", {class: "where"}, [finding.severity + (finding.because && `, ${finding.because}`) + (finding.needing && `; ${finding.needing}`), `${finding.target}, ${finding.area}: ${finding.scenario}${more}`]
              .filter((text) => text).join("; "))));
  card.addEventListener("toggle", () => {
    if (!card.open || card.childElementCount > 1) return;
    card.append(findingBody(finding));
    card.querySelectorAll(".diagram").forEach(drawDiagram);  // now that they have a width
  });
  return card;
}

let showAll = () => {};

function drawFindings() {
  const section = document.getElementById("findings");
  if (data.findings.length === 0) {
    section.append(make("p", {}, "None: none of the rules that hupstorm judges by was broken."));
    drawGone(section);
    return;
  }
  section.append(make("p", {class: "dim"}, "Each is one bug, however many cases show it, named by the rule (the " +
      "oracle) that it breaks. Open it for the command that shows it, its scenario and what happened, call by call."));
  const order = d3.range(data.findings.length).sort((a, b) =>
    data.findings[a].tolerated - data.findings[b].tolerated || data.findings[a].rank - data.findings[b].rank || a - b);
  const cards = new Map(order.map((i) => [i, findingCard(data.findings[i], i)]));
  const count = make("p", {class: "dim", role: "status"});
  const choice = (label, values) => {
    const select = make("select", {}, make("option", {value: ""}, "all"),
        ...values.map((value) => make("option", {value}, value)));
    return [values.length > 1 ? make("label", {}, label, select) : "", select];
  };
  const distinct = (field) => [...new Set(data.findings.map((finding) => finding[field]))].sort();
  const text = make("input", {type: "search", id: "filter", placeholder: "evidence, scenario, file, bug"});
  const [oracleLabel, oracle] = choice("Rule (oracle)", distinct("oracle"));
  const [areaLabel, area] = choice("Area", distinct("area"));
  const [targetLabel, target] = choice("Server", distinct("target"));
  const apply = () => {
    const wanted = text.value.toLowerCase();
    let shown = 0;
    for (const [i, card] of cards) {
      const finding = data.findings[i];
      const words = [finding.evidence, finding.scenario, finding.bug, finding.oracle, finding.target, finding.where];
      const fits = (!oracle.value || finding.oracle === oracle.value) &&
          (!area.value || finding.area === area.value) && (!target.value || finding.target === target.value) &&
          words.join("\n").toLowerCase().includes(wanted);
      card.hidden = !fits;
      shown += fits;
    }
    count.textContent = `${shown} of ${plural(cards.size, "bug")} shown`;
  };
  for (const control of [text, oracle, area, target]) control.oninput = apply;
  showAll = () => {
    for (const control of [text, oracle, area, target]) control.value = "";
    apply();
  };
  section.append(make("div", {class: "filters"}, make("label", {class: "grow"}, "Search", text), oracleLabel,
      areaLabel, targetLabel), count, ...cards.values());
  drawGone(section);
  apply();
}

function drawGone(section) {
  if (data.gone.length === 0) return;
  section.append(make("h3", {}, "Gone: in the baseline, and not found any more"),
      table("Gone findings", ["Server", "Rule (oracle)", "Bug"], data.gone.map((gone) => make("tr", {},
          make("td", {}, gone.target), make("td", {}, gone.oracle),
          make("td", {class: "mono"}, gone.fingerprint)))));
}

// A link from elsewhere in the page, or into it, opens its finding, whatever the filters hide.
function openLinked() {
  const summary = location.hash.startsWith("#finding-") && document.getElementById(location.hash.slice(1));
  if (!summary) return;
  const card = summary.parentElement;
  if (card.hidden) showAll();
  card.open = true;
  card.scrollIntoView();
  summary.focus();
}

// ---- Which bug shows in which part of the suite.

const groupOf = (name) => (name.includes("/") ? name.split("/").slice(-2)[0] : name);

function heatTable(corner, columns, rows) {
  const most = d3.max(rows, (row) => d3.max(row.cells)) || 1;
  const strength = d3.scaleSqrt([0, most], [0.1, 1]);
  const head = [corner, ...columns.map((name) => make("th", {scope: "col", class: "column"}, name))];
  return table(`${corner} by part of the suite`, head,
      rows.map((row) => make("tr", {}, make("th", {scope: "row", class: "heat-row"}, row.head),
          ...row.cells.map((count) => {
            const cell = make("td", {class: "heat"}, count ? String(count) : "");
            if (count) cell.style.setProperty("--strength", strength(count).toFixed(2));
            if (count) cell.style.setProperty("--heat", `var(${row.color})`);
            return cell;
          }))));
}

// How often each of `groups` is in the names.
function counted(groups, names) {
  const counts = new Map();
  for (const name of names) counts.set(groupOf(name), (counts.get(groupOf(name)) || 0) + 1);
  return groups.map((group) => counts.get(group) || 0);
}

function drawMatrix() {
  const section = document.getElementById("matrix");
  const areas = data.areas.filter((area) => area.name.startsWith("suite") || area.name === "sweep");
  const namesOf = new Map();  // of each finding, those of the cases that show it
  for (const [name, , findings] of areas.flatMap((area) => area.cases)) {
    for (const i of findings) namesOf.set(i, [...(namesOf.get(i) || []), name]);
  }
  if (namesOf.size === 0) {
    section.remove();
    return;
  }
  const several = new Set(data.findings.map((finding) => finding.target)).size > 1;
  const groups = [...new Set([...namesOf.values()].flat().map(groupOf))].sort();
  section.append(
      make("p", {class: "dim"}, "How many cases of each part of the suite, by itself and swept, show each bug."),
      heatTable("Bug", groups, [...namesOf.keys()].sort((a, b) => a - b).map((i) => ({
        head: make("a", {href: `#finding-${i}`}, (several ? data.findings[i].target + ": " : "") +
            `${data.findings[i].where}: ${data.findings[i].oracle}: ${data.findings[i].evidence}`),
        color: data.findings[i].tolerated ? "--warn" : "--bad",
        cells: counted(groups, namesOf.get(i)),
      }))));
  // Also a second time, when the place in the page's address does not change.
  section.addEventListener("click", (event) => {
    if (event.target.closest("a")) setTimeout(openLinked);
  });
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
        cells: counted(groups, defect.scenarios),
      }))));
}

drawVerdict();
drawAreas();
drawFindings();
drawMatrix();
drawDefects();
drawCampaigns(data.campaigns);
document.getElementById("footer").append(`hupstorm ${data.version}. Plots and diagrams by D3 ${d3.version}.`);
window.addEventListener("hashchange", openLinked);
openLinked();
