// Walking the expression graph without recursion: graphs are deep (a sum of 100 000 terms is a chain of 100
// 000 nodes), the JavaScript stack is not.

import type { Expression } from './expression.js';

const argumentsOf = (node: Expression): readonly Expression[] => (node.kind === 'call' ? node.arguments : []);

/**
 * Every node reachable from the roots, each once, arguments before the calls that use them (ascending id).
 * @param successors which arguments to follow; all of them unless given
 */
export function reachable(
  roots: readonly Expression[],
  successors: (node: Expression) => readonly Expression[] = argumentsOf,
): Expression[] {
  let largest = -1;
  for (const root of roots) largest = Math.max(largest, root.id);
  // Arguments have smaller ids than their calls, so the roots bound them all.
  const seen = new Uint8Array(largest + 1);
  const found: Expression[] = [];
  const stack: Expression[] = [];
  const visit = (node: Expression): void => {
    if (seen[node.id] !== 0) return;
    seen[node.id] = 1;
    stack.push(node);
  };
  for (const root of roots) visit(root);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    found.push(node);
    for (const argument of successors(node)) visit(argument);
  }
  return found.sort((a, b) => a.id - b.id);
}
