// Expressions as flat bytecode, for values that are computed again and again (the uniform constants of each
// time step): no allocation and no look-ups while it runs. Same bits as the interpreter (interpreter.ts),
// tested against it.
//
//   registers: | symbols … | constants … | one per call, in order … |
//   code:      | operator, a, b, c | operator, a, b, c | …      (register numbers; 0 where unused)

import type { Expression, ExpressionSymbol } from './expression.js';
import { applyOperator, operatorNumber, operators } from './operators.js';
import { reachable } from './traverse.js';

/** Compiled expressions. One tape must not run in two places at once: it owns its registers. */
export class Tape {
  /** The symbols that the expressions depend on, in slot order. */
  readonly symbols: readonly ExpressionSymbol[];
  /** Slots for the symbols' values, parallel to `symbols`; fill them before `execute`. */
  readonly inputs: Float64Array;
  /** The expressions' values after `execute` or `run`; overwritten by the next. */
  readonly outputs: Float64Array;
  readonly #code: Int32Array;
  readonly #registers: Float64Array;
  readonly #firstResult: number;
  readonly #outputRegisters: Int32Array;

  constructor(expressions: readonly Expression[]) {
    const nodes = reachable(expressions);
    const symbols = nodes.filter((node) => node.kind === 'symbol');
    const constants = nodes.filter((node) => node.kind === 'constant');
    const calls = nodes.filter((node) => node.kind === 'call');
    const registerOf = new Map<number, number>();
    for (const node of [...symbols, ...constants, ...calls]) registerOf.set(node.id, registerOf.size);
    const register = (node: Expression | undefined): number =>
      node === undefined ? 0 : (registerOf.get(node.id) ?? 0);
    this.symbols = symbols.map((node) => node.symbol);
    this.#registers = new Float64Array(nodes.length);
    this.#registers.set(
      constants.map((node) => node.value),
      symbols.length,
    );
    this.#firstResult = symbols.length + constants.length;
    this.inputs = this.#registers.subarray(0, symbols.length);
    this.#code = new Int32Array(4 * calls.length);
    calls.forEach((node, index) => {
      const [a, b, c] = node.arguments as readonly (Expression | undefined)[];
      this.#code.set([operatorNumber[node.operator], register(a), register(b), register(c)], 4 * index);
    });
    this.outputs = new Float64Array(expressions.length);
    this.#outputRegisters = Int32Array.from(expressions, register);
  }

  /** Computes the outputs from `inputs`. Returns `outputs`. */
  execute(): Float64Array {
    const code = this.#code;
    const registers = this.#registers;
    let result = this.#firstResult;
    for (let at = 0; at < code.length; at += 4) {
      const a = registers[code[at + 1]];
      const b = registers[code[at + 2]];
      switch (code[at]) {
        // The four commonest stay in this loop; the rest goes through one more switch.
        case operatorNumber.add:
          registers[result++] = a + b;
          break;
        case operatorNumber.subtract:
          registers[result++] = a - b;
          break;
        case operatorNumber.multiply:
          registers[result++] = a * b;
          break;
        case operatorNumber.divide:
          registers[result++] = a / b;
          break;
        default:
          registers[result++] = applyOperator(operators[code[at]], a, b, registers[code[at + 3]]);
      }
    }
    const outputs = this.outputs;
    for (let index = 0; index < outputs.length; index++)
      outputs[index] = registers[this.#outputRegisters[index]];
    return outputs;
  }

  /** Asks for the value of each symbol once, then executes. Returns `outputs`. */
  run(resolve: (symbol: ExpressionSymbol, slot: number) => number): Float64Array {
    for (let slot = 0; slot < this.symbols.length; slot++)
      this.inputs[slot] = resolve(this.symbols[slot], slot);
    return this.execute();
  }
}

/** Compiles expressions (of one builder) to a tape; output i is the value of expression i. */
export function compileTape(expressions: readonly Expression[]): Tape {
  return new Tape(expressions);
}
