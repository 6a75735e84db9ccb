// Elements of HTML and SVG as text. The one place where text becomes markup: whatever comes from a run (names, formulas,
// messages) passes through here and cannot become an element.

/** A piece of markup, made by the functions of this file only. */
export interface Markup {
  readonly markup: string;
}

export type Child = Markup | string | number | undefined | false | readonly Child[];
type Attributes = Readonly<Record<string, string | number | undefined | false>>;

/** Characters that XML cannot hold, whichever way they are written. */
// eslint-disable-next-line no-control-regex -- they are what is meant
const unprintable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/gu;

/** Text for the inside of an element or of an attribute in double quotes. */
export function escapeText(text: string): string {
  return text
    .replaceAll(unprintable, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function inside(child: Child): string {
  if (child === undefined || child === false) return '';
  if (typeof child === 'string') return escapeText(child);
  if (typeof child === 'number') return String(child);
  return 'markup' in child ? child.markup : child.map(inside).join('');
}

/** An element; attributes that are undefined or false are left out. */
export function element(name: string, attributes: Attributes = {}, ...children: Child[]): Markup {
  const list = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([key, value]) => ` ${key}="${escapeText(String(value))}"`)
    .join('');
  const content = inside(children);
  if (content === '' && isVoid.has(name)) return { markup: `<${name}${list}/>` };
  return { markup: `<${name}${list}>${content}</${name}>` };
}

/** Elements that are written as one tag when they hold nothing; others need an end in HTML. */
const isVoid = new Set(['path', 'line', 'rect', 'circle', 'image', 'polygon', 'meta', 'br']);

/** Pieces in a row. */
export function group(...children: Child[]): Markup {
  return { markup: inside(children) };
}

/** A table with a row of heads; the first column is of row heads. */
export function table(
  caption: string | undefined,
  head: readonly Child[],
  rows: readonly (readonly Child[])[],
): Markup {
  return element(
    'div',
    { class: 'scroll' },
    element(
      'table',
      {},
      caption !== undefined && element('caption', {}, caption),
      element('thead', {}, element('tr', {}, ...head.map((cell) => element('th', { scope: 'col' }, cell)))),
      element(
        'tbody',
        {},
        ...rows.map(([first, ...rest]) =>
          element(
            'tr',
            {},
            element('th', { scope: 'row' }, first),
            ...rest.map((cell) => element('td', {}, cell)),
          ),
        ),
      ),
    ),
  );
}
