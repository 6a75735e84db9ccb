// Certificates for a connection to NATS servers: an authority to trust, and a certificate with its key where the server
// asks for one (mutual TLS). Read and checked against each other before anything connects.

import { createSecureContext } from 'node:tls';
import { NatsError } from './nats-errors.js';
import { contentOf, fileOf, type Source } from './nats-files.js';
import { Secret } from './secret.js';

/** PEM texts; the names of their files are for messages. */
export interface NatsTls {
  readonly ca?: string;
  readonly caFile?: string;
  readonly certificate?: string;
  readonly certificateFile?: string;
  readonly key?: Secret;
}

export interface TlsSources {
  readonly ca: Source | undefined;
  readonly certificate: Source | undefined;
  readonly key: Source | undefined;
  /** The URL says tls://. */
  readonly isAsked: boolean;
}

/** @returns undefined where TLS was not asked for @throws NatsError (`nats-options`) */
export function checkedTls(
  { ca, certificate, key, isAsked }: TlsSources,
  warn: (text: string) => void,
): NatsTls | undefined {
  if ((certificate === undefined) !== (key === undefined)) {
    const [given, needed] = certificate
      ? [certificate.named, '--nats-key or WASSERWERK_NATS_KEY']
      : [key?.named ?? '', '--nats-cert or WASSERWERK_NATS_CERT'];
    throw new NatsError('nats-options', `${given} needs ${needed} beside it`, `give ${needed}`);
  }
  if (!isAsked && !ca && !certificate) return undefined;
  const tls = {
    ...(ca && { ca: pem(ca), caFile: ca.value }),
    ...(certificate && { certificate: pem(certificate), certificateFile: certificate.value }),
    ...(key && { key: new Secret(contentOf(key, warn)) }),
  };
  if (certificate && key) {
    try {
      createSecureContext({ cert: tls.certificate, key: tls.key?.reveal() });
    } catch (error) {
      throw new NatsError(
        'nats-options',
        `${certificate.named} and ${key.named}: ${key.value} is not the private key of ${certificate.value}`,
        'give the key that the certificate was made with, as PEM without a passphrase',
        error instanceof Error ? error.message : undefined,
      );
    }
  }
  return tls;
}

function pem(source: Source): string {
  const text = fileOf(source);
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new NatsError(
    'nats-options',
    `${source.named}: ${source.value} holds no certificate in PEM`,
    'a PEM file has a line -----BEGIN CERTIFICATE-----; `openssl x509 -inform der` turns other ones into it',
  );
}
