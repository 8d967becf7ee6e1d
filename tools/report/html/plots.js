// Fuzz campaigns: curves over time.

const kPlotWidth = 360;  // about what it has on a phone, so that its letters are as high as they say

function plot(title, draw, height = 230) {
  const svg = d3.create("svg").attr("viewBox", `0 0 ${kPlotWidth} ${height}`).attr("role", "img")
      .attr("aria-label", title);
  draw(svg, {left: 46, right: kPlotWidth - 14, top: 12, bottom: height - 40});
  return make("div", {class: "plot"}, make("h3", {}, title), svg.node());
}

// Of an axis that ends at `most` seconds: its unit, so that its ticks are round.
function unitOf(most) {
  if (most >= 2 * 3600) return {name: "hours", seconds: 3600};
  return most >= 120 ? {name: "minutes", seconds: 60} : {name: "seconds", seconds: 1};
}

function timeAxis(svg, most, box, left = box.left) {
  const unit = unitOf(most);
  const scale = d3.scaleLinear().domain([0, most / unit.seconds || 1]).range([left, box.right]);
  svg.append("g").attr("class", "axis").attr("transform", `translate(0,${box.bottom})`)
      .call(d3.axisBottom(scale).ticks(5));
  svg.append("text").attr("class", "axis-name").attr("x", box.right).attr("y", box.bottom + 34)
      .attr("text-anchor", "end").text(unit.name);
  return (seconds) => scale(seconds / unit.seconds);
}

function curve(title, rows, field, color) {
  return plot(title, (svg, box) => {
    const x = timeAxis(svg, d3.max(rows, (row) => row.seconds), box);
    const y = d3.scaleLinear().domain([0, d3.max(rows, (row) => row[field]) || 1]).nice()
        .range([box.bottom, box.top]);
    svg.append("g").attr("class", "axis").attr("transform", `translate(${box.left},0)`)
        .call(d3.axisLeft(y).ticks(5, "~s"));
    svg.append("path").attr("class", "curve").attr("stroke", `var(${color})`)
        .attr("d", d3.line().x((row) => x(row.seconds)).y((row) => y(row[field]))(rows));
  });
}

function timesToFindings(campaign) {
  const found = [...campaign.findings].sort((a, b) => a.seconds - b.seconds);
  return plot("Time to each finding", (svg, box) => {
    const left = box.left + 104;  // room for the longest oracle's name
    const x = timeAxis(svg, d3.max(found, (one) => one.seconds), box, left);
    const y = d3.scaleBand().domain(d3.range(found.length)).range([box.top, box.bottom]).padding(0.25);
    const high = Math.min(y.bandwidth(), 18);
    const bar = svg.append("g").selectAll("g").data(found).join("g")
        .attr("transform", (_, i) => `translate(0,${y(i) + (y.bandwidth() - high) / 2})`);
    bar.append("rect").attr("x", left).attr("height", high).attr("fill", "var(--bad)").attr("opacity", 0.6)
        .attr("width", (one) => Math.max(2, x(one.seconds) - left));
    bar.append("text").attr("class", "label").attr("x", left - 6).attr("y", high / 2 + 4)
        .attr("text-anchor", "end").text((one) => one.oracle).append("title").text((one) => one.evidence);
  }, Math.max(120, 70 + 20 * found.length));
}

function drawCampaigns(campaigns) {
  const section = document.getElementById("campaigns");
  if (campaigns.length === 0) {
    section.remove();
    return;
  }
  for (const campaign of campaigns) {
    const plots = campaign.rows.length < 2 ? [] : [
      curve("Coverage: edges of the server that were reached", campaign.rows, "coverage", "--accent"),
      curve("Scenarios run a second", campaign.rows, "rate", "--good"),
    ];
    if (campaign.findings.length > 0) plots.push(timesToFindings(campaign));
    section.append(make("h3", {}, `${campaign.target}, ${campaign.engine}`),
        plots.length > 0 ? make("div", {class: "plots"}, ...plots)
            : make("p", {}, "It was too short for a curve, and found nothing."));
  }
}
