/** The part of the WebAssembly API that the loader uses; Node's own types leave it to the DOM library. */
declare global {
  namespace WebAssembly {
    class Module {
      constructor(bytes: Uint8Array)
      static imports(module: Module): readonly object[]
    }
    class Instance {
      constructor(module: Module, imports: object)
      readonly exports: unknown
    }
    class Memory {
      readonly buffer: ArrayBuffer
    }
    class RuntimeError extends Error {}
  }
}

export {}
