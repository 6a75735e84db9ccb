// Why a connection to a NATS server failed, in words: what is final (certificates) and what may pass (nobody there yet).
// The client tells of a certificate that the server refuses as of a time-out only, so that one is looked into here. Never
// sends credentials.

import { connect as connectSocket, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { NatsError } from './nats-errors.js';
import type { NatsOptions } from './nats-options.js';

/** What a server says of itself to everybody, as far as it matters here. */
interface ServerInfo {
  readonly tls_required?: boolean;
  readonly tls_verify?: boolean;
}

const PROBE_MS = 2000;

/** @returns an error if waiting does not help, else what to tell a person who waits */
export async function explain(options: NatsOptions, error: unknown): Promise<NatsError | string> {
  const { message, code } = error as Error & { code?: string };
  const servers = options.servers.join(', ');
  if (isCertificateCode(code)) return untrusted(servers, options, message, error);
  if (message.includes("server does not support 'tls'")) {
    return new NatsError(
      'nats-tls',
      `${servers} does not offer TLS, which tls:// or a certificate asks for`,
      'turn TLS on in the config of the server, or use nats:// without --nats-ca, --nats-cert and --nats-key',
      error,
    );
  }
  if (/timeout|ECONNRESET|EPIPE/u.test(message)) {
    for (const server of options.servers) {
      const found = await probe(server, options);
      if (found instanceof NatsError) return found;
    }
  }
  return `${servers}: ${message}`;
}

/** Codes of OpenSSL's verification of a chain, and Node's own about names. */
function isCertificateCode(code: string | undefined): boolean {
  return (
    code !== undefined &&
    /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|HOSTNAME_MISMATCH|ERR_TLS_CERT_|ERR_OSSL_|ERR_SSL_)/u.test(
      code,
    )
  );
}

function untrusted(servers: string, { tls }: NatsOptions, message: string, cause: unknown): NatsError {
  const ca = tls?.caFile
    ? `check that ${tls.caFile} (--nats-ca) is the authority of the server's certificate`
    : 'give the authority of its certificate with --nats-ca <file>';
  const hint = /altname/iu.test(message) ? 'use a host name or address that its certificate is for' : ca;
  return new NatsError('nats-tls', `the certificate of ${servers} is not trusted: ${message}`, hint, cause);
}

/** Shakes hands as far as TLS goes, and listens whether the server minds our certificate. */
async function probe(server: string, options: NatsOptions): Promise<NatsError | undefined> {
  const { hostname, port } = new URL(server);
  const host = hostname.replace(/^\[|\]$/gu, '');
  const socket = connectSocket(Number(port), host);
  try {
    const info = await serverInfo(socket);
    if (info.tls_required !== true) return undefined;
    const trouble = await handshake(socket, host, options);
    if (trouble === undefined) return undefined;
    if (info.tls_verify === true) {
      const certificate = options.tls?.certificateFile;
      return new NatsError(
        'nats-tls',
        certificate === undefined
          ? `${server} wants a certificate`
          : `${server} does not accept the certificate ${certificate}: ${trouble}`,
        certificate === undefined
          ? 'give one with --nats-cert <file> and --nats-key <file>'
          : 'give one that an authority of the server has signed (--nats-cert, --nats-key), and that has not expired',
      );
    }
    return new NatsError('nats-tls', `no TLS connection to ${server}: ${trouble}`, 'check both certificates');
  } catch {
    // No answer, or none of NATS: may pass.
    return undefined;
  } finally {
    socket.destroy();
  }
}

function serverInfo(socket: Socket): Promise<ServerInfo> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error('no word from the server')), PROBE_MS);
    const onData = (data: Buffer): void => {
      text += data.toString('utf8');
      const line = /^INFO (\{.*\})\s*\r\n/u.exec(text)?.[1];
      if (line === undefined) return;
      clearTimeout(timer);
      socket.off('data', onData);
      try {
        resolve(JSON.parse(line) as ServerInfo);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    socket.on('data', onData);
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      reject(new Error('closed'));
    });
  });
}

/** @returns what TLS minds, or undefined if it does not within the time */
function handshake(socket: Socket, host: string, { tls }: NatsOptions): Promise<string | undefined> {
  return new Promise((resolve) => {
    const secured = connectTls({
      socket,
      host,
      ...(tls?.ca !== undefined && { ca: tls.ca }),
      ...(tls?.certificate !== undefined && { cert: tls.certificate }),
      ...(tls?.key && { key: tls.key.reveal() }),
    });
    // With TLS 1.3 a server judges our certificate after our side is through.
    const timer = setTimeout(() => resolve(undefined), PROBE_MS);
    const end = (what: string | undefined): void => {
      clearTimeout(timer);
      secured.destroy();
      resolve(what);
    };
    secured.on('error', (error: Error) => end(error.message));
    secured.on('close', () => end('the server closed the connection'));
    secured.on('data', () => end(undefined));
  });
}
