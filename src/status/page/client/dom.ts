// Short ways to find, make and change elements. What did not change is not written: no needless layout, and nothing read out
// twice.

/** The element of the page with this id. @throws if the page has none, which is a mistake of the page */
export function find<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} with the id ${id}`);
}

export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** A body of a table, rows of cells; the first cell of a row is its head. Rows are used again. */
export function fillRows(body: HTMLTableSectionElement, rows: readonly (readonly string[])[]): void {
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((cells, k) => {
    const row = k < body.rows.length ? body.rows[k] : body.insertRow();
    while (row.cells.length > cells.length) row.deleteCell(-1);
    cells.forEach((text, c) => {
      if (c >= row.cells.length) row.append(make(c === 0 ? 'th' : 'td', c === 0 ? { scope: 'row' } : {}));
      setText(row.cells[c], text);
    });
  });
}
