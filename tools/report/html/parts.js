// What all parts of the page are made with.
"use strict";

// An element with a class, text or children. Text is never taken for markup: it is what servers wrote.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  for (const child of children) element.append(child);
  return element;
}
