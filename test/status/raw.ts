// Talking to a server over a bare socket, for requests that no client would make.

import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  /** Everything that came until the connection ended, or the time was over. */
  readonly text: string;
  readonly isClosed: boolean;
}

/** Sends bytes and gathers what comes back. */
export async function raw(port: number, text: string, milliseconds = 3000): Promise<RawAnswer> {
  const socket = await openSocket(port);
  return new Promise((resolve) => {
    let found = '';
    const end = (isClosed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text: found, isClosed });
    };
    const timer = setTimeout(() => end(false), milliseconds);
    socket.on('data', (piece) => (found += piece.toString('latin1')));
    socket.on('close', () => end(true));
    socket.on('error', () => end(true));
    socket.write(text, 'latin1');
  });
}

export async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return socket;
}

/** Status codes of the answers in what came back. */
export function statusCodes({ text }: RawAnswer): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3})/gu)].map((match) => Number(match[1]));
}
