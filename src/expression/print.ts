// Expressions as text in the formula language, for people and for tests: parsing the text in the same context
// gives the same expression back. Not a way to store models (the config does).

import type { CallExpression, Expression, ExpressionSymbol, Operator } from './expression.js';
import { reachable } from './traverse.js';

/** How names are written. */
export interface PrintOptions {
  /** Coordinate names; x[i] unless given. */
  readonly coordinates?: readonly string[];
  /**
   * Parameters, to tell scalars from vectors; unless given, a parameter is a vector if a component above 0
   * occurs.
   */
  readonly parameters?: readonly { readonly name: string; readonly components: number }[];
}

/** Texts up to this many characters repeat shared parts; longer ones name them with `let`. */
const longestTree = 2000;

// Levels of precedence as in parser.ts; a higher one binds tighter.
const level = {
  or: 1,
  and: 2,
  not: 3,
  comparison: 4,
  sum: 5,
  product: 6,
  unary: 7,
  power: 8,
  primary: 9,
} as const;

interface Piece {
  readonly text: string;
  readonly level: number;
}

const infix: Readonly<Partial<Record<Operator, readonly [sign: string, level: number, right: number]>>> = {
  // The right operand must bind tighter than the operator where operators of a level associate to the left.
  add: ['+', level.sum, level.product],
  subtract: ['-', level.sum, level.product],
  multiply: ['*', level.product, level.unary],
  divide: ['/', level.product, level.unary],
  less: ['<', level.comparison, level.sum],
  lessOrEqual: ['<=', level.comparison, level.sum],
  equal: ['==', level.comparison, level.sum],
  notEqual: ['!=', level.comparison, level.sum],
  and: ['and', level.and, level.not],
  or: ['or', level.or, level.and],
};

const functionName: Readonly<Partial<Record<Operator, string>>> = {
  minimum: 'min',
  maximum: 'max',
  absolute: 'abs',
  squareRoot: 'sqrt',
};

/** Writes an expression as a formula. Shared parts of a large expression become `let` bindings. */
export function print(expression: Expression, options: PrintOptions = {}): string {
  const nodes = reachable([expression]);
  const vectors = vectorNames(nodes, options);
  const uses = new Map<number, number>();
  // Lengths add up over the tree and may be astronomic where much is shared: count before building any text.
  const lengths = new Map<number, number>();
  for (const node of nodes) {
    let length = 4;
    if (node.kind === 'call') {
      for (const argument of node.arguments) {
        uses.set(argument.id, (uses.get(argument.id) ?? 0) + 1);
        length += lengths.get(argument.id) ?? 0;
      }
    }
    lengths.set(node.id, length);
  }
  const isLong = (lengths.get(expression.id) ?? 0) > longestTree;
  const pieces = new Map<number, Piece>();
  const bindings: string[] = [];
  for (const node of nodes) {
    let piece: Piece;
    if (node.kind === 'constant') piece = constantPiece(node.value);
    else if (node.kind === 'symbol')
      piece = { text: symbolText(node.symbol, options, vectors), level: level.primary };
    else piece = callPiece(node, (argument) => pieces.get(argument.id) ?? { text: '?', level: 0 });
    if (isLong && node.kind === 'call' && (uses.get(node.id) ?? 0) > 1) {
      const name = `shared_${bindings.length}`;
      bindings.push(`let ${name} = ${piece.text};\n`);
      piece = { text: name, level: level.primary };
    }
    pieces.set(node.id, piece);
  }
  return bindings.join('') + (pieces.get(expression.id)?.text ?? '');
}

function constantPiece(value: number): Piece {
  return { text: String(value), level: value < 0 ? level.unary : level.primary };
}

function bracket(piece: Piece, least: number): string {
  return piece.level >= least ? piece.text : `(${piece.text})`;
}

function callPiece(node: CallExpression, pieceOf: (node: Expression) => Piece): Piece {
  const operands = node.arguments.map(pieceOf);
  let [a, b] = operands;
  const form = infix[node.operator];
  // Sums and products are chains whose links stand left or right by id; written link first they need no
  // parentheses, and a chain of thousands nests no deeper than the parser allows.
  const commutes = node.operator === 'add' || node.operator === 'multiply';
  if (commutes && node.arguments[0].kind !== 'constant' && b.level === form?.[1] && a.level > b.level) {
    [a, b] = [b, a];
  }
  if (form !== undefined) {
    const [sign, own, right] = form;
    // Comparisons do not chain, so their left operand must bind tighter as well; `a - -1` reads badly.
    const left = own === level.comparison ? level.sum : own;
    const leastRight = b.text.startsWith('-') ? level.power : right;
    return { text: `${bracket(a, left)} ${sign} ${bracket(b, leastRight)}`, level: own };
  }
  switch (node.operator) {
    case 'negate':
      return { text: `-${bracket(a, level.power)}`, level: level.unary };
    case 'not':
      return { text: `not ${bracket(a, level.primary)}`, level: level.not };
    case 'power':
      return { text: `${bracket(a, level.primary)}^${bracket(b, level.primary)}`, level: level.power };
    default: {
      const name = functionName[node.operator] ?? node.operator;
      return { text: `${name}(${operands.map((operand) => operand.text).join(', ')})`, level: level.primary };
    }
  }
}

function vectorNames(nodes: readonly Expression[], { parameters }: PrintOptions): ReadonlySet<string> {
  const vectors = new Set<string>();
  for (const { name, components } of parameters ?? []) if (components > 1) vectors.add(name);
  if (parameters !== undefined) return vectors;
  for (const node of nodes) {
    if (node.kind === 'symbol' && node.symbol.kind === 'parameter' && node.symbol.component > 0) {
      vectors.add(node.symbol.name);
    }
  }
  return vectors;
}

function symbolText(symbol: ExpressionSymbol, options: PrintOptions, vectors: ReadonlySet<string>): string {
  switch (symbol.kind) {
    case 'coordinate':
      return options.coordinates?.[symbol.index] ?? `x[${symbol.index}]`;
    case 'time':
      return 't';
    case 'node':
      return symbol.side === 'target' ? 'target.node' : 'node';
    case 'parameter': {
      const name = symbol.side === 'target' ? `target.${symbol.name}` : symbol.name;
      return vectors.has(symbol.name) ? `${name}[${symbol.component}]` : name;
    }
    case 'edge':
    case 'step':
      return symbol.name;
    default:
      return symbol satisfies never;
  }
}
