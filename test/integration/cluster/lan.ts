// A network of two places that can be cut and slowed down: two network namespaces of Linux, joined by a pair of virtual
// interfaces. Needs root, or whatever else `ip netns add` and `tc` are content with. Not a test.

import { spawnSync } from 'node:child_process';

function command(...words: readonly string[]): void {
  const [file, ...rest] = words;
  const { status, stderr, error } = spawnSync(file, rest, { encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr.trim()}`);
}

let count = 0;

/** `here`, for the server and the coordinator, and `there`, for machines behind the cable. */
export class Lan {
  /** The address of `here`, as `there` sees it. */
  readonly address = '10.213.0.1';
  readonly #here: string;
  readonly #there: string;

  /** @throws Error if this is not permitted here */
  constructor() {
    const id = `wasserwerk-${process.pid}-${++count}`;
    this.#here = `${id}-here`;
    this.#there = `${id}-there`;
    try {
      for (const place of [this.#here, this.#there]) {
        command('ip', 'netns', 'add', place);
        command('ip', '-n', place, 'link', 'set', 'lo', 'up');
      }
      command(
        'ip',
        'link',
        'add',
        'cable',
        'netns',
        this.#here,
        'type',
        'veth',
        'peer',
        'name',
        'cable',
        'netns',
        this.#there,
      );
      command('ip', '-n', this.#here, 'address', 'add', `${this.address}/24`, 'dev', 'cable');
      command('ip', '-n', this.#there, 'address', 'add', '10.213.0.2/24', 'dev', 'cable');
      this.plug();
      command('ip', '-n', this.#here, 'link', 'set', 'cable', 'up');
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Words before a program that is to run here. */
  get here(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#here];
  }

  /** Words before a program that is to run there. */
  get there(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#there];
  }

  /** Takes the far end down: nobody is told, what is sent is gone. */
  pull(): void {
    command('ip', '-n', this.#there, 'link', 'set', 'cable', 'down');
  }

  plug(): void {
    command('ip', '-n', this.#there, 'link', 'set', 'cable', 'up');
  }

  /** Lets so many Mbit/s through in each direction, and 50 KB at once. */
  slow(megabits: number): void {
    for (const place of [this.#here, this.#there]) {
      const rate = `${megabits}mbit`;
      const words = ['dev', 'cable', 'root', 'tbf', 'rate', rate, 'burst', '16kb', 'latency', '200ms'];
      command('tc', '-n', place, 'qdisc', 'replace', ...words);
    }
  }

  remove(): void {
    // What is not there need not be removed.
    for (const place of [this.#here, this.#there]) spawnSync('ip', ['netns', 'delete', place]);
  }
}

/** Why there can be no such network here; undefined where there can. */
export const whyNoLan: string | undefined = (() => {
  if (process.platform !== 'linux') return 'network namespaces are of Linux';
  try {
    const lan = new Lan();
    try {
      lan.slow(1);
    } finally {
      lan.remove();
    }
    return undefined;
  } catch (error) {
    return `network namespaces are not permitted here: ${error instanceof Error ? error.message : String(error)}`;
  }
})();
