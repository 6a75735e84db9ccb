// What the figures were taken on.

import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  readonly v8: string;
  readonly os: string;
  readonly date: string;
  /** Of the last minute, when the measurements began. */
  readonly loadAverage: number;
}

/** Load average per core above which other work disturbs the figures. */
export const MOST_LOAD = 0.5;

export function describeMachine(): Machine {
  return {
    cpu: cpuName(),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    node: process.version,
    v8: process.versions.v8,
    os: `${osName()}, ${platform()} ${release()} ${arch()}`,
    date: new Date().toISOString().slice(0, 16).replace('T', ' ') + ' UTC',
    loadAverage: loadavg()[0],
  };
}

/** Virtual machines hide the model behind a family name; family and model number tell which it is. */
function cpuName(): string {
  const name = cpus()[0]?.model.trim() ?? 'unknown';
  const info = read('/proc/cpuinfo');
  const field = (key: string): string | undefined => new RegExp(`^${key}\\s*:\\s*(.*)$`, 'm').exec(info)?.[1];
  const [family, model] = [field('cpu family'), field('model')];
  const vectors = ['avx512f', 'avx2', 'avx'].find((flag) => field('flags')?.split(' ').includes(flag));
  const numbers = family === undefined ? '' : `, family ${family} model ${model ?? '?'}`;
  return `${name}${numbers}${vectors === undefined ? '' : `, ${vectors}`}`;
}

function osName(): string {
  return /^PRETTY_NAME="?(.*?)"?$/m.exec(read('/etc/os-release'))?.[1] ?? platform();
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

export function describe(machine: Machine): string {
  const { cpu, cores, memoryBytes, node, v8, os, date, loadAverage } = machine;
  return (
    `CPU        ${cpu}\n` +
    `cores      ${cores}, memory ${(memoryBytes / 2 ** 30).toFixed(1)} GiB\n` +
    `Node       ${node}, V8 ${v8}\n` +
    `OS         ${os}\n` +
    `date       ${date}, load average ${loadAverage.toFixed(2)}\n` +
    (isBusy(machine)
      ? `WARNING    others use this machine (load above ${MOST_LOAD} per core): the figures are rough; those of CPU time suffer least\n`
      : '')
  );
}

export function isBusy({ loadAverage, cores }: Machine): boolean {
  return loadAverage > MOST_LOAD * cores;
}

/** In one line, to stand beside a table. */
export function conditions(machine: Machine): string {
  const { cpu, cores, node, date, loadAverage } = machine;
  return `${date}: ${cpu}, ${cores} cores, Node ${node}; load average ${loadAverage.toFixed(1)} at the start${isBusy(machine) ? ' (others used the machine)' : ''}`;
}
