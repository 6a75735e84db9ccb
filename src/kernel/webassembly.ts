// Types of the JavaScript interface to WebAssembly, as far as it is used here (TypeScript has them only in its browser
// library). No code.

/* eslint-disable @typescript-eslint/no-namespace, @typescript-eslint/no-extraneous-class -- the shape of a global of the
   language: it is a namespace, and Module has nothing but a constructor */

declare global {
  namespace WebAssembly {
    class Memory {
      constructor(descriptor: { initial: number; maximum: number; shared: boolean });
      readonly buffer: SharedArrayBuffer;
    }
    class Module {
      constructor(bytes: Uint8Array<ArrayBuffer>);
    }
    class Instance {
      constructor(module: Module, imports: { env: { memory: Memory } });
      readonly exports: Readonly<Record<string, unknown>>;
    }
    class RuntimeError extends Error {}
  }
}

export {};
