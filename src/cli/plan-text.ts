// What a run on many machines says of them: the plan at the start of each epoch, what was measured against it at the end.

import type { MachinesReport, PlanReport, PointsOnMachines } from '../cluster/mod.js';
import { counted, table } from './format.js';

/** More machines than this are told of together. */
const SHOWN_MACHINES = 16;

/** The plan of an epoch, in lines. */
export function planText({ epoch, machines, storage, plan }: PlanReport): string {
  const { predicted, partition } = plan;
  const shown = machines.slice(0, SHOWN_MACHINES);
  const rows = shown.map(({ name, workers, shards, particles }, member) => [
    name,
    String(workers),
    shards.toLocaleString('en'),
    particles.toLocaleString('en'),
    duration(predicted.computeSeconds[member] ?? NaN),
  ]);
  const others = machines.slice(SHOWN_MACHINES);
  if (others.length > 0) {
    const sum = (of: (machine: (typeof machines)[number]) => number): string =>
      others.reduce((total, machine) => total + of(machine), 0).toLocaleString('en');
    rows.push([
      `${others.length} more`,
      sum(({ workers }) => workers),
      sum(({ shards }) => shards),
      sum(({ particles }) => particles),
      duration(Math.max(...predicted.computeSeconds.slice(SHOWN_MACHINES))),
    ]);
  }
  const place =
    storage === 'folder' ? 'the run folder, which all of them see' : 'the object store of the server';
  const exchange =
    predicted.messagesPerStep === 0
      ? 'no messages between them'
      : `${number(predicted.messagesPerStep)} messages, ${bytes(predicted.bytesPerStep)} and ${number(predicted.cut)} jumps ` +
        'between them';
  return (
    `plan ${epoch}: ${counted(machines.length, 'machine')}, cut by ${partition}; ` +
    `a step is predicted to take ${duration(predicted.stepSeconds)}, with ${exchange}; checkpoints go to ${place}\n` +
    table([['machine', 'threads', 'shards', 'particles', 'computes'], ...rows]).trimEnd()
  );
}

/** What was measured, in lines; empty where no step was taken. */
export function measuredText(report: MachinesReport | PointsOnMachines): string {
  if (report.steps === 0) return '';
  const { steps, reforms } = report;
  const machines = counted(report.machines.length, 'machine');
  const formed = reforms === 0 ? 'the same machines all the time' : `shared out anew ${times(reforms)}`;
  if ('kind' in report) {
    const { messagesPerStep, numbersPerStep } = report;
    return `${machines} with the points: ${number(messagesPerStep)} messages and ${number(numbersPerStep)} numbers a step; ${formed}\n`;
  }
  const { seconds, measuredStepSeconds, predictedStepSeconds } = report;
  const messages =
    report.messagesPerStep === 0 ? 'no messages' : `${number(report.messagesPerStep)} messages`;
  return (
    `${machines}, cut by ${report.partition}: a step took ` +
    `${duration(measuredStepSeconds)} (predicted ${duration(predictedStepSeconds)}), ${number(steps / seconds)} steps/s; ` +
    `${messages} and ${bytes(report.bytesPerStep)} a step, ${report.askedAgain} asked for again; ${formed}\n`
  );
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

/** Three digits. */
function number(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-';
  const [value, unit] =
    seconds < 1e-3 ? [seconds * 1e6, 'us'] : seconds < 1 ? [seconds * 1e3, 'ms'] : [seconds, 's'];
  return `${number(value)} ${unit}`;
}

export function bytes(value: number): string {
  const [scaled, unit] =
    value < 1e3
      ? [value, 'B']
      : value < 1e6
        ? [value / 1e3, 'kB']
        : value < 1e9
          ? [value / 1e6, 'MB']
          : [value / 1e9, 'GB'];
  return `${number(scaled)} ${unit}`;
}
