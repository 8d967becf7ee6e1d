"""What is asked of the page about how it looks, as scripts that give what is not so."""

# Texts with less contrast to what is behind them than 4.5 to 1 (WCAG 2.1, AA).
LOW_CONTRAST = """
const pen = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
const rgba = (color) => {
  pen.clearRect(0, 0, 1, 1);
  pen.fillStyle = color;
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data];
};
const over = ([r, g, b, a], [r2, g2, b2]) =>
    [[r, r2], [g, g2], [b, b2]].map(([x, y]) => (x * a + y * (255 - a)) / 255).concat(255);
const behind = (element) => {
  if (element === null) return [255, 255, 255, 255];
  const color = rgba(getComputedStyle(element).backgroundColor);
  return color[3] === 255 ? color : over(color, behind(element.parentElement));
};
const light = (color) => {
  const [r, g, b] = color.slice(0, 3).map((x) => x / 255)
      .map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const low = new Set();
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  const text = texts.currentNode.data.trim();
  if (!text || !element.checkVisibility() || element.closest("script, style, noscript, title")) continue;
  const style = getComputedStyle(element);
  let back = behind(element);
  if (element.closest(".band + text")) {
    back = over(rgba(getComputedStyle(element.closest("g").querySelector(".band")).fill), back);
  } else if (element.closest(".actor")) {
    back = over(rgba(getComputedStyle(element.closest(".actor").querySelector("rect")).fill), back);
  }
  const front = over(rgba(element instanceof SVGElement ? style.fill : style.color), back);
  const [dark, bright] = [light(front), light(back)].sort((a, b) => a - b);
  const contrast = (bright + 0.05) / (dark + 0.05);
  if (contrast < 4.5) low.add(`${contrast.toFixed(2)}: ${text.slice(0, 60)}`);
}
return [...low].slice(0, 10);
"""

# Texts of diagrams that reach out of them.
CUT_LABELS = """
return [...document.querySelectorAll(".diagram text")].filter((text) => {
  const box = text.getBoundingClientRect();
  const around = text.closest(".diagram").getBoundingClientRect();
  return box.left < around.left || box.right > around.right;
}).map((text) => text.textContent.slice(0, 80));
"""

# Controls that a finger may miss: less than 44 pixels high or wide. Links within a text may be.
TOO_SMALL = """
return [...document.querySelectorAll("button, input, select, summary")].filter((control) => {
  const box = control.getBoundingClientRect();
  return control.checkVisibility() && (box.height < 44 || box.width < 44);
}).map((control) => control.outerHTML.slice(0, 80));
"""
