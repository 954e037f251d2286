import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KernelHealth } from '../engine/kernel-health.js'
import { type DoctorFacts, doctorChecks } from './doctor-checks.js'

const build = (kind: 'native' | 'wasm') => ({
  kind,
  description: { layoutVersion: 1, version: '1.0.0', target: 'x', codecs: [], operators: [], programs: 0 },
  survivesPanic: true,
  faults: [],
})
const KERNELS: KernelHealth = {
  variable: 'MILLRACE_BACKEND',
  forced: null,
  chosen: 'native',
  builds: [build('native'), build('wasm')],
}
const FACTS: DoctorFacts = {
  version: '1.0.0',
  kernels: KERNELS,
  nodeVersion: '20.1.0',
  platform: 'linux x64',
  cores: 4,
  totalMemoryBytes: 8 * 1024 ** 3,
  freeMemoryBytes: 4 * 1024 ** 3,
  memoryLimitBytes: null,
  temporaryFolder: '/tmp',
  temporaryFolderFault: null,
  threadPoolSize: 8,
  openFilesLimit: 65_536,
}
const FAULT = { message: 'does not load', hint: 'build it' }
const missing = (kind: 'native' | 'wasm') => ({ kind, description: null, survivesPanic: null, faults: [FAULT] })

describe('the checks of doctor', () => {
  it('are all well on a good machine, with nothing to do', () => {
    const checks = doctorChecks(FACTS)
    assert.ok(checks.length >= 12)
    assert.deepEqual(
      checks.filter(({ level, remedy }) => level !== 'ok' || remedy !== null),
      [],
    )
  })

  const cases: readonly (readonly [
    name: string,
    change: Partial<DoctorFacts>,
    check: string,
    level: 'ok' | 'warn' | 'fail',
  ])[] = [
    ['an old Node.js fails', { nodeVersion: '18.20.0' }, 'node', 'fail'],
    ['a later Node.js is well', { nodeVersion: '24.0.0' }, 'node', 'ok'],
    [
      'no kernels fail',
      { kernels: { ...KERNELS, chosen: null, builds: [missing('native'), missing('wasm')] } },
      'kernels',
      'fail',
    ],
    [
      'WASM is worth a warning',
      { kernels: { ...KERNELS, chosen: 'wasm', builds: [missing('native'), build('wasm')] } },
      'kernels',
      'warn',
    ],
    [
      'a missing build is worth a warning while the other runs',
      { kernels: { ...KERNELS, builds: [build('native'), missing('wasm')] } },
      'wasm build',
      'warn',
    ],
    ['a forced build is worth a warning', { kernels: { ...KERNELS, forced: 'wasm' } }, 'MILLRACE_BACKEND', 'warn'],
    ['a build of another version is worth a warning', { version: '2.0.0' }, 'native build', 'warn'],
    [
      'a panic that the chosen build does not survive fails',
      { kernels: { ...KERNELS, builds: [{ ...build('native'), survivesPanic: false }, build('wasm')] } },
      'native panic',
      'fail',
    ],
    ['one core is worth a warning', { cores: 1 }, 'cores', 'warn'],
    ['little memory fails', { totalMemoryBytes: 100 * 1024 ** 2, freeMemoryBytes: 50 * 1024 ** 2 }, 'memory', 'fail'],
    ['a small container is worth a warning', { memoryLimitBytes: 512 * 1024 ** 2 }, 'memory', 'warn'],
    ['a temporary folder that cannot be written fails', { temporaryFolderFault: 'EACCES' }, 'temporary folder', 'fail'],
    ['the default pool is too small for eight cores', { threadPoolSize: null, cores: 8 }, 'libuv pool', 'warn'],
    ['few open files fail', { openFilesLimit: 256 }, 'open files', 'fail'],
    ['a thousand open files are worth a warning', { openFilesLimit: 1024 }, 'open files', 'warn'],
    ['no limit is well', { openFilesLimit: Number.POSITIVE_INFINITY }, 'open files', 'ok'],
    ['an unknown limit is well', { openFilesLimit: null }, 'open files', 'ok'],
  ]
  for (const [name, change, check, level] of cases) {
    it(name, () => {
      const found = doctorChecks({ ...FACTS, ...change }).find((each) => each.name === check)
      assert.equal(found?.level, level)
      assert.equal(found.remedy === null, level === 'ok', 'says what to do unless all is well')
    })
  }
})
