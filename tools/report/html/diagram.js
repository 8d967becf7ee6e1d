// A finding's sequence diagram: clients on the left, the kernel, the server. Where there is room, what
// happened stands beside the arrows, and where there is none (on a phone) below them.

const kNarrow = 640;      // px: less than this is a phone
const kLine = 15;         // px from one line of a label to the next

function clientOf(row) {
  if (row.client) return row.client;
  const match = row.kind === "step" || row.kind === "placed"
      ? /^(?:at .*: )?([a-z](?:\[[0-9.]+\])?) /.exec(row.text) : null;
  return match ? match[1] : null;
}

const kBefore = {placed: "inside the next call: ", log: "the server wrote: ", clock: "the clock moves on by ",
  blame: "to blame: "};
const isError = (row) => row.kind === "call" && /= -1 /.test(row.text) && !/EAGAIN/.test(row.text);

function kindOf(row) {
  const kind = {step: "step", placed: "step", call: "call", finding: "finding", blame: "finding"}[row.kind] || "note";
  return kind + (isError(row) ? " error" : "");
}

const pen = document.createElement("canvas").getContext("2d");

// Lines that are no wider than so many pixels in the pen's font, broken at blanks where there are any.
function wrapped(text, width) {
  const fits = (part) => pen.measureText(part).width <= width;
  const lines = [];
  let rest = text;
  while (!fits(rest)) {
    let letters = 8;  // at least, so that it ends, however narrow the page
    while (letters < rest.length && fits(rest.slice(0, letters + 1))) ++letters;
    const blank = rest.lastIndexOf(" ", letters);
    const cut = blank > letters / 2 ? blank : letters;
    lines.push(rest.slice(0, cut));
    rest = "  " + rest.slice(cut).trimStart();
  }
  return [...lines, rest];
}

// As the style sheet has it for labels of this kind, of which one is put into the page to see.
const fonts = new Map();
function fontOf(kind) {
  if (!fonts.has(kind)) {
    const svg = d3.select("main").append("svg");
    const style = getComputedStyle(svg.append("text").attr("class", `label ${kind}`).node());
    fonts.set(kind, `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`);
    svg.remove();
  }
  return fonts.get(kind);
}

// Where the arrow begins, the label's lines, and how high the whole is.
function layOut(row, from, place, narrow, width) {
  const x = row.kind === "finding" ? 12 : place;
  pen.font = fontOf(kindOf(row));
  const lines = wrapped((kBefore[row.kind] || "") + row.text, Math.max(width - x - 8, 80));
  const below = narrow && from !== null ? 11 : 0;  // px from the arrow to the first line's middle
  return {row, from, x, lines, below, height: below + kLine * lines.length + (narrow ? 10 : 8)};
}

function drawHeads(actors, x, width, room) {
  const svg = d3.create("svg").attr("class", "heads").attr("width", width).attr("height", 34).attr("aria-hidden", true);
  const most = Math.floor((room - 6) / 7.4);
  const head = svg.selectAll("g").data(actors).join("g").attr("class", "actor")
      .attr("transform", (name) => `translate(${x(name)},5)`);
  head.append("rect").attr("x", -room / 2).attr("width", room).attr("height", 24).attr("rx", 5);
  head.append("text").attr("text-anchor", "middle").attr("y", 16)
      .text((name) => (name.length > most ? name.slice(0, most - 1) + "…" : name))
      .append("title").text((name) => name);
  return svg.node();
}

function drawArrow(g, from, to, kind) {
  const way = to > from ? 1 : -1;
  g.append("line").attr("class", `arrow ${kind}`).attr("x1", from).attr("x2", to - 5 * way);
  g.append("path").attr("class", `head ${kind}`).attr("d", `M${to},0l${-8 * way},-4v8z`);
}

function drawRow(g, {row, from, x, lines, below}, kernel, width) {
  const kind = kindOf(row);
  if (from !== null) drawArrow(g, from, kernel, kind === "step" ? "step" : "");
  if (kind === "finding") {
    g.append("rect").attr("class", "band").attr("x", 3).attr("y", -12).attr("width", width - 6)
        .attr("height", kLine * lines.length + 7).attr("rx", 4);
  }
  g.append("text").attr("class", `label ${kind}`).attr("xml:space", "preserve")
      .selectAll("tspan").data(lines).join("tspan").attr("x", x)
      .attr("y", (_, i) => below + 4 + kLine * i).text((line) => line);
}

function drawSequence(box, finding, width) {
  const narrow = width < kNarrow;
  const most = narrow ? 3 : 6;  // clients that have a line of their own
  const names = [...new Set(finding.rows.map(clientOf).filter((name) => name))];
  const clients = names.length === 0 ? ["clients"] : names.slice(0, most);
  const actors = [...clients, ...(names.length > most ? ["others"] : []), "kernel", "server"];
  const span = narrow ? width : Math.min(width * 0.42, 120 * actors.length);
  const room = Math.min(76, span / actors.length - 4);
  const x = d3.scalePoint().domain(actors).range([4 + room / 2, span - 4 - room / 2]);
  const place = narrow ? 12 : x("server") + 24;
  const placeOf = (row) => {
    if (row.kind === "call") return x("server");
    const client = row.kind === "step" || row.kind === "placed" ? clientOf(row) : null;
    return client === null ? null : x(clients.includes(client) ? client : "others");
  };
  const rows = finding.rows.map((row) => layOut(row, placeOf(row), place, narrow, width));
  const height = d3.sum(rows, (row) => row.height) + 16;
  const svg = d3.create("svg").attr("width", width).attr("height", height).attr("role", "group")
      .attr("aria-label", `Sequence diagram of ${actors.join(", ")}: ${finding.evidence}`);
  svg.append("g").selectAll("line").data(actors).join("line").attr("class", "life")
      .attr("x1", x).attr("x2", x).attr("y1", 0).attr("y2", height);
  let y = 14;
  for (const row of rows) {
    drawRow(svg.append("g").attr("transform", `translate(0,${y})`), row, x("kernel"), width);
    y += row.height;
  }
  box.replaceChildren(drawHeads(actors, x, width, room), svg.node());
}

const findingOf = new WeakMap();  // by the element that its diagram is drawn in

function drawDiagram(box) {
  const width = Math.floor(box.clientWidth);
  if (width === 0 || Number(box.dataset.width) === width) return;
  box.dataset.width = width;
  drawSequence(box, findingOf.get(box), width);
}

const widths = new ResizeObserver((entries) => entries.forEach((entry) => drawDiagram(entry.target)));

// Empty until it is in the page and drawDiagram is called; from then on it follows the page's width.
function diagramOf(finding) {
  const box = make("div", {class: "diagram"});
  findingOf.set(box, finding);
  widths.observe(box);
  return box;
}

const diagramKey = () => make("p", {class: "dim key"},
    make("span", {class: "step"}, "Blue"), ": what a client did. ", make("span", {class: "error"}, "Red"),
    ": calls that failed, and the finding. The rest: the server's system calls, and what the kernel answered.");
