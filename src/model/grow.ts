// A graph that grows (`grow`), as far as the model knows it: the nodes at the start, without edges, and the letters of their words as a
// vector parameter. Who is next to whom, and who is born, is lumped/.

import { isName, isReserved } from '../expression/mod.js';
import type { GrowSpec } from '../config/mod.js';
import type { BuiltGraph } from './build-graph.js';
import type { BuildContext } from './context.js';
import { compressGraph } from './graph.js';
import type { ParameterTable } from './model.js';
import { StructureSpace } from './structures.js';

/** @throws ConfigError */
export function startOfGrowth(context: BuildContext, grow: GrowSpec): BuiltGraph {
  const { config } = context;
  const path = ['grow'];
  const { graph } = config;
  if (graph.kind !== 'edges' || graph.nodes !== 1 || graph.edges.length > 0) {
    context.refuse(['graph'], 'is given, but the graph grows', { at: 'key', hint: 'remove graph, or grow' });
  }
  const space = grow.letters && new StructureSpace(grow.letters);
  const names = grow.start ?? (space ? [space.zero] : []);
  if (names.length === 0) {
    const hint = 'add letters: { name: s, length: 10 }, or start: [names of nodes]';
    context.refuse(path, 'says neither what nodes are nor which are there at the start', { at: 'key', hint });
  }
  const parameters: ParameterTable[] = [];
  if (space && grow.letters) {
    const { name, length } = grow.letters;
    if (!isName(name) || isReserved(name, 'parameter') || config.space.variables.includes(name)) {
      context.refuse([...path, 'letters', 'name'], `"${name}" cannot be the name of a parameter`, {
        value: name,
        hint: 'use another word, such as s',
      });
    }
    const values = new Float64Array(names.length * length);
    names.forEach((word, g) => {
      const letters = space.read(word);
      if (letters) values.set(letters, g * length);
      else {
        const example = `write ${length} letters as ${space.zero.slice(0, 20)}, in quotes`;
        context.refuse([...path, 'start', g], `"${word}" is no word of these letters`, {
          value: word,
          hint: example,
        });
      }
    });
    parameters.push({ name, components: length, values });
  } else if (grow.start !== undefined && config.objective === undefined) {
    const hint = 'add letters: { name: s, length: 10 }, or use an objective that knows';
    context.refuse(path, 'does not say who is next to whom', { at: 'key', hint });
  }
  context.stopIfUnfit();
  const none = { from: new Int32Array(0), to: new Int32Array(0), weights: new Float64Array(0) };
  return { ...compressGraph(names, none), parameters, listed: undefined };
}
