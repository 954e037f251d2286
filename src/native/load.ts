import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MillraceError } from '../core/error.js'
import { type KernelBackend, LAYOUT_VERSION } from './backend.js'
import { BoundBackend, type KernelBinding } from './binding.js'
import { loadWasm } from './wasm.js'

/** Environment variable that forces a build: `native` or `wasm`. */
export const BACKEND_VARIABLE = 'MILLRACE_BACKEND'

let loaded: KernelBackend | null = null

/**
 * The kernels of this thread: the native addon, or the WASM build where there is none. Loaded once.
 *
 * @throws MillraceError `BACKEND_UNAVAILABLE` when neither build loads, `BACKEND_LAYOUT` when it speaks another protocol.
 */
export function kernelBackend(): KernelBackend {
  loaded ??= loadBackend(process.env[BACKEND_VARIABLE])
  return loaded
}

/** Loads a build without keeping it. `choice` is the value of the environment variable. */
export function loadBackend(choice: string | undefined): KernelBackend {
  const folder = join(packageRoot(), 'dist', 'native')
  const backend = choose(folder, choice)
  const { layoutVersion } = backend.describe()
  if (layoutVersion !== LAYOUT_VERSION) {
    throw new MillraceError(
      'BACKEND_LAYOUT',
      `the ${backend.kind} kernels speak layout '${layoutVersion}', this host '${LAYOUT_VERSION}'`,
      {
        hint: 'run "npm run build"',
      },
    )
  }
  return backend
}

function choose(folder: string, choice: string | undefined): KernelBackend {
  switch (choice) {
    case 'native':
      return loadNative(join(folder, 'millrace.node'))
    case 'wasm':
      return loadWasmFile(join(folder, 'millrace.wasm'))
    case undefined:
    case '':
      return loadEither(folder)
    default:
      throw new MillraceError('BACKEND_UNAVAILABLE', `${BACKEND_VARIABLE} is '${choice}'`, {
        hint: 'use "native" or "wasm", or leave it unset',
      })
  }
}

function loadEither(folder: string): KernelBackend {
  try {
    return loadNative(join(folder, 'millrace.node'))
  } catch (nativeFailure) {
    try {
      return loadWasmFile(join(folder, 'millrace.wasm'))
    } catch {
      throw nativeFailure
    }
  }
}

function loadNative(path: string): KernelBackend {
  try {
    const binding = createRequire(import.meta.url)(path) as KernelBinding
    return new BoundBackend('native', binding)
  } catch (cause) {
    throw new MillraceError('BACKEND_UNAVAILABLE', `the native kernels '${path}' do not load`, {
      cause,
      hint: 'run "npm run build"',
    })
  }
}

function loadWasmFile(path: string): KernelBackend {
  try {
    return loadWasm(path)
  } catch (cause) {
    throw new MillraceError('BACKEND_UNAVAILABLE', `the WASM kernels '${path}' do not load`, {
      cause,
      hint: 'run "npm run build"',
    })
  }
}

/** The folder of package.json, from wherever this file was built or bundled to. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new MillraceError('BACKEND_UNAVAILABLE', 'the package folder was not found')
    folder = parent
  }
  return folder
}

/** Version of this package. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    readonly version: string
  }
  return version
}

/** Short name of the commit that the bundle was built from; empty where that is not known. */
export function packageCommit(): string {
  return process.env.MILLRACE_COMMIT ?? ''
}
