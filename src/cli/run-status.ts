// The status endpoint of `run` and `resume`: opened before the run folder is made, so that a port that is taken is told at once, told in
// status.json of the folder while the run lasts, closed at the end. Trouble with it is told and never ends a run.

import type { RunListener, RunOptions, RunResult } from '../cluster/mod.js';
import { energyJson } from '../output/mod.js';
import { isLoopback, Monitor, removeStatusFile, StatusServer, writeStatusFile } from '../status/mod.js';
import type { Gate } from './gate.js';
import type { StatusFlags } from './status-flags.js';

export interface RunStatusSetup {
  readonly flags: StatusFlags;
  readonly gate: Gate;
  readonly stop: AbortController;
  /** Name of the run, as far as it is known. */
  readonly name?: string | undefined;
  readonly say: (text: string) => void;
}

export class RunStatus {
  #folder: string | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly monitor: Monitor,
    private readonly server: StatusServer,
    private readonly say: (text: string) => void,
  ) {}

  /**
   * Opens the endpoint; undefined where none is wanted, or where the system has none to give and none was asked for.
   * @throws ListenError
   */
  static async open({ flags, gate, stop, name, say }: RunStatusSetup): Promise<RunStatus | undefined> {
    if (flags.status === false) return undefined;
    const monitor = new Monitor(
      {
        pause: () => void gate.pause(),
        resume: () => void gate.resume(),
        poke: () => {
          gate.poke();
        },
        stop: (reason) => {
          stop.abort(reason);
        },
        get isClosed() {
          return gate.isClosed;
        },
        get passed() {
          return gate.passed;
        },
      },
      name,
    );
    const { statusHost: host, statusPort: port } = flags;
    if (host !== undefined && !isLoopback(host)) {
      say(
        `warning: --status-host ${host}: whoever reaches this machine can read this run; stopping it needs the token of status.json`,
      );
    }
    try {
      const server = await StatusServer.listen(monitor, {
        ...(host !== undefined && { host }),
        ...(port !== undefined && { port }),
        warned: (text) => {
          say(`warning: ${text}`);
        },
      });
      return new RunStatus(monitor, server, say);
    } catch (error) {
      if (host !== undefined || port !== undefined) throw error;
      say(`warning: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  /** What the run is started with. */
  get options(): Pick<RunOptions, 'gate' | 'checkpointWanted' | 'atLook'> {
    return this.monitor.options;
  }

  /** The listener of the run that tells both: whoever prints, and the endpoint. What fails in the latter is told, once. */
  listening(own: RunListener): RunListener {
    const { listener } = this.monitor;
    let isTold = false;
    const quietly = (work: () => void): void => {
      try {
        work();
      } catch (error) {
        if (!isTold) this.say(`warning: the status endpoint: ${messageOf(error)}`);
        isTold = true;
      }
    };
    return {
      begun: (run) => {
        own.begun?.(run);
        quietly(() => {
          listener.begun(run);
        });
        this.#announce(run.folder);
      },
      looked: (look) => {
        own.looked?.(look);
        quietly(() => {
          listener.looked(look);
        });
      },
      wrote: (what) => {
        own.wrote?.(what);
        quietly(() => {
          listener.wrote(what);
        });
      },
      reformed: (reform) => {
        own.reformed?.(reform);
        quietly(() => {
          listener.reformed(reform);
        });
      },
      warned: (text) => {
        own.warned?.(text);
        quietly(() => {
          listener.warned(text);
        });
      },
    };
  }

  /** The run has an id: it is one on machines. */
  named(id: string): void {
    this.monitor.id = id;
  }

  /** Something that a person was told. */
  message(text: string): void {
    this.monitor.message(text);
  }

  /** Where the dashboard is; with the token on a terminal only, so that it is in no log. */
  get address(): string {
    const { url, token } = this.server;
    return process.stderr.isTTY ? `${url}#token=${token}` : url;
  }

  #announce(folder: string): void {
    this.#folder = folder;
    this.#writing = writeStatusFile(folder, this.server).catch((error: unknown) => {
      this.say(`warning: ${messageOf(error)}`);
    });
  }

  /** Tells those who watch how the run has ended. */
  ended(result: RunResult | { readonly failure: unknown }): void {
    if ('failure' in result) {
      this.monitor.ended({ state: 'failed', reason: messageOf(result.failure), stateHash: null });
      return;
    }
    const { status, step, stateHash = null } = result;
    this.monitor.ended({
      ...{ state: status, reason: status === 'finished' ? null : 'stopped', step, stateHash },
      ...(!result.alreadyFinished && result.energy && { energy: energyJson(result.energy) }),
    });
  }

  /** Closes the endpoint and removes status.json. */
  async close(): Promise<void> {
    await this.server.close();
    await this.#writing;
    if (this.#folder === undefined) return;
    await removeStatusFile(this.#folder, this.server.token).catch((error: unknown) => {
      this.say(`warning: ${messageOf(error)}`);
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
