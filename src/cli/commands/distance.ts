// `wasserwerk distance` on the command line: the distance of two densities. Its arguments and flags only: what it does is loaded when it is called.

import { InvalidArgumentError, Option, type Command } from 'commander';
import type { DistanceOptions } from '../distance.js';
import { wholeNumber, part, setOption, workersOption, quietOption, jsonOption } from './flags.js';

export function defineDistance(program: Command): void {
  program
    .command('distance')
    .description('the distance W_K between two densities, with bounds, and the geodesic between them')
    .argument('<a>', 'a density: a run folder (folder@step), a file .npy, .csv or .yaml, or a law')
    .argument('<b>', 'the other one')
    .addOption(
      new Option(
        '--graph <config>',
        'the config with graph, weights, space and mobility (default: that of a run or config among the two; else one node)',
      ),
    )
    .addOption(setOption())
    .addOption(
      new Option(
        '--mobility <name>',
        'mobility of the metric (default: that of the config, or log-mean)',
      ).choices(['log-mean', 'arithmetic', 'geometric', 'harmonic', 'constant']),
    )
    .addOption(
      new Option('--levels <count>', 'intervals of time along the path')
        .argParser(wholeNumber(2))
        .default(16),
    )
    .addOption(
      new Option('--tolerance <part>', 'relative gap between the bounds of the square of W')
        .argParser(part)
        .default(1e-3),
    )
    .addOption(
      new Option('--iterations <count>', 'iterations after which it gives up')
        .argParser(wholeNumber(1))
        .default(5000),
    )
    .addOption(
      new Option(
        '--entropic <temperature>',
        'the entropic divergence at this temperature (a squared length over D) in place of W_K: quick on large grids, no path',
      ).argParser((text: string) => {
        const value = Number(text);
        if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError('Give a number > 0.');
        return value;
      }),
    )
    .addOption(
      new Option('--out <folder>', 'write the path, the potentials and a page with a film into a new folder'),
    )
    .addOption(workersOption())
    .addOption(quietOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Exit codes: 0 done, 1 not converged, 2 bad usage, or the distance is infinite.

Examples:
  wasserwerk distance '{ gaussian: { mean: 0, std: 1 } }' '{ gaussian: { mean: 3, std: 2 } }'
  wasserwerk distance runs/first@0 runs/first --out between
  wasserwerk distance '{ point: [0, 0] }' configs/quickstart.yaml --graph configs/quickstart.yaml`,
    )
    .action(async (a: string, b: string, options: DistanceOptions) => {
      const { distance } = await import('../distance.js');
      process.exitCode = await distance(a, b, options);
    });
}
