// What drawn pages share, the report (a page without scripts) and the dashboard (scripts in a browser): axes, colours, numbers
// as texts, layouts of graphs. Plain functions without Node and without a document: a browser loads these files as they are.

export { linearAxis, linearTicks, logAxis, type Axis, type Tick } from './axis.js';
export { hueClass, hues, isDashed, viridis } from './colours.js';
export { layout, type Place, type Rows } from './graph-layout.js';
export { brief, bytes, duration, grouped, minus, powerOfTen, withError } from './numbers.js';
