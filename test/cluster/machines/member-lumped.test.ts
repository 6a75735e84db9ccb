// A machine that is asked to take part in a lumped run: whom it obeys, and whose code it runs. What it does then is
// test/cluster/lumped/points-on-machines.test.ts.

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Mail } from '../../../src/cluster/machines/mail.js';
import { Member } from '../../../src/cluster/machines/member.js';
import type { Request } from '../../../src/cluster/machines/protocol.js';
import type { CodeFile } from '../../../src/objective/mod.js';
import { LocalHub } from '../../../src/cluster/transport/threads.js';
import { requests } from './messages.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function machine(allowModules: boolean) {
  const hub = new LocalHub();
  const transport = hub.join({ role: 'worker', name: 'w1' });
  const mail = new Mail(transport);
  const member = new Member(mail, transport, {
    ...{ instance: 'one', workers: 1, memoryBytes: 1, speed: 1, allowModules },
    storage: () => {
      throw new Error('lumped runs have no storage on machines');
    },
  });
  member.start();
  const asker = new Mail(hub.join({ role: 'coordinator', name: 'run-1' }));
  closers.push(
    () => mail.close(),
    () => asker.close(),
    () => member.close(),
  );
  const ask = <T extends 'points' | 'join-lumped'>(request: Extract<Request, { type: T }>, epoch = 4) =>
    asker.request<T>({ role: 'worker', name: 'w1' }, { run: 'run-1', epoch }, request);
  return { member, ask };
}

/** A folder with a module and a file that it imports. */
function codeFolder(): { folder: string; code: CodeFile[] } {
  const folder = mkdtempSync(join(tmpdir(), 'wasserwerk-code-'));
  closers.push(() => {
    rmSync(folder, { recursive: true });
  });
  const texts = {
    'objective.js': "import './part.js';\nexport const dimension = 1;\n",
    'part.js': '// part\n',
  };
  const code = Object.entries(texts).map(([name, text]): CodeFile => {
    writeFileSync(join(folder, name), text);
    return { path: join(folder, name), sha256: createHash('sha256').update(text).digest('hex') };
  });
  return { folder, code };
}

const joining = (folder: string, code: readonly CodeFile[]): Extract<Request, { type: 'join-lumped' }> => ({
  ...requests['join-lumped'],
  ...{ folder, code },
  bundle: {
    file: 'a.yaml',
    text: 'representation: lumped\nobjective: { module: objective.js }\ngraph: { ring: 3 }\ntemperature: 1\ntime: { step: 0.1, steps: 3 }\n',
    overrides: [],
    attachments: {},
  },
});

describe('a machine', () => {
  it('works on points only in the epoch that it has joined', async () => {
    const { ask, member } = machine(false);
    await expect(ask(requests.points)).rejects.toMatchObject({ code: 'stale-epoch' });
    expect(member.heartbeat).toMatchObject({ state: 'idle', run: null });
  });

  it('runs no code unless it was told that it may', async () => {
    const { ask, member } = machine(false);
    const { folder, code } = codeFolder();
    const refused = ask(joining(folder, code));
    await expect(refused).rejects.toMatchObject({ code: 'unfit' });
    await expect(refused).rejects.toThrow(/this worker runs none: start it with --allow-modules/u);
    expect(member.heartbeat).toMatchObject({ state: 'idle', run: null });
  });

  it('runs no other code than that of its coordinator', async () => {
    const { ask } = machine(true);
    const { folder, code } = codeFolder();
    writeFileSync(join(folder, 'part.js'), '// another part\n');
    await expect(ask(joining(folder, code))).rejects.toThrow(
      /part\.js is another one than the coordinator's/u,
    );
    rmSync(join(folder, 'objective.js'));
    await expect(ask(joining(folder, code))).rejects.toThrow(/it has no file .*objective\.js: put the code/u);
  });

  it('refuses a place that is not its own', async () => {
    const { ask } = machine(true);
    const { folder, code } = codeFolder();
    const whole = joining(folder, code);
    const other = { ...whole, membership: { epoch: 4, members: [{ name: 'w1', instance: 'another' }] } };
    await expect(ask(other)).rejects.toMatchObject({ code: 'superseded' });
  });
});
