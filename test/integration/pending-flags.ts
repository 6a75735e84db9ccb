// Flags that files in deploy/ use and the command line does not have yet. A flag that has come must leave this list (the test
// says so); when it is empty, delete the file and its use. Not a test.

const credentials = ['--nats', '--nats-user', '--nats-password-file'];
const machines = ['--machines', '--max-machines', '--wait'];

export const pendingFlags: Readonly<Record<string, readonly string[]>> = {
  run: [...credentials, ...machines],
  resume: [...credentials, ...machines],
  worker: [...credentials, '--name', '--workers'],
};
