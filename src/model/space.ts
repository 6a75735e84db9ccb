// The coordinates and their boundaries. Not the initial law inside them (initial.ts).

import { isName, isReserved } from '../expression/mod.js';
import type { BuildContext } from './context.js';
import type { Boundary } from './model.js';

/** Checks the names of the coordinates. */
export function checkCoordinateNames(context: BuildContext): void {
  const names = context.config.space.variables;
  // Made from a dimension: x[0] … x[d-1] are not names of the user's choice.
  if (names.every((name, i) => name === `x[${i}]`)) return;
  names.forEach((name, i) => {
    const path = ['space', 'variables', i];
    if (!isName(name)) {
      context.refuse(path, `"${name}" cannot be the name of a coordinate`, {
        value: name,
        hint: 'use a letter, then letters, digits and _',
      });
    } else if (isReserved(name, 'coordinate')) {
      context.refuse(path, `"${name}" has a meaning of its own in formulas`, {
        value: name,
        hint: `call it ${name}1`,
      });
    } else if (names.indexOf(name) !== i) {
      context.refuse(path, `the coordinate "${name}" is listed twice`, {
        value: name,
        hint: 'give it another name',
      });
    }
  });
}

/** One boundary per coordinate. */
export function buildBoundaries(context: BuildContext): Boundary[] {
  const { variables, boundary, box } = context.config.space;
  const dimension = variables.length;
  const words = Array.isArray(boundary) ? boundary : variables.map(() => boundary);
  if (words.length !== dimension) {
    const message = `${words.length} boundaries for ${dimension} coordinates`;
    context.refuse(['space', 'boundary'], message, {
      value: boundary,
      hint: `write ${dimension}, or one word for all`,
    });
    return [];
  }
  const isShared = box !== undefined && !box.some((item) => Array.isArray(item));
  const intervals =
    box === undefined ? undefined : isShared ? variables.map(() => box as number[]) : (box as number[][]);
  if (intervals !== undefined && intervals.length !== dimension) {
    context.refuse(['space', 'box'], `${intervals.length} intervals for ${dimension} coordinates`, {
      value: box,
      hint: `write ${dimension} pairs [low, high], or one pair for all`,
    });
    return [];
  }
  const boxless = variables.filter((_, i) => words[i] !== 'free' && intervals?.[i] === undefined);
  if (boxless.length > 0) {
    const names = boxless.map((name) => `"${name}"`).join(', ');
    const kinds = [...new Set(words.filter((word) => word !== 'free'))].join(' or ');
    const are = boxless.length === 1 ? `coordinate ${names} needs` : `coordinates ${names} need`;
    context.refuse(['space', 'boundary'], `the ${kinds} ${are} a box`, {
      value: boundary,
      hint: `add box: ${dimension === 1 ? '[0, 1]' : `[${variables.map(() => '[0, 1]').join(', ')}]`} to space`,
    });
  }
  let wrongShared = false;
  return words.map((kind, i): Boundary => {
    const name = variables[i];
    const interval = intervals?.[i];
    const path = isShared ? ['space', 'box'] : ['space', 'box', i];
    if (interval !== undefined && !wrongShared && (interval.length !== 2 || !(interval[0] < interval[1]))) {
      wrongShared = isShared;
      const size = interval.length === 2 ? 'a box of zero or negative size' : 'not an interval';
      context.refuse(path, `[${interval.join(', ')}] is ${size}`, {
        value: interval,
        hint: 'write [low, high], low < high',
      });
    }
    if (kind === 'free') {
      if (interval !== undefined && !isShared) {
        context.note('box-unused', path, `the box of "${name}" is not used: its boundary is free`);
      }
      return { kind };
    }
    if (interval === undefined) return { kind: 'free' };
    return { kind, low: interval[0], high: interval[1] };
  });
}
