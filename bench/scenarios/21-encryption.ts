import { join } from 'node:path'
import { outputFolder } from '../jobs.js'
import type { BenchContext, Contender, RunResult, Scenario, Verification } from '../types.js'

/** Values or documents of one run. */
const COUNT = { quick: 200_000, full: 400_000 } as const
const DOCUMENTS = { quick: 20_000, full: 60_000 } as const

interface Comparison {
  readonly id: string
  readonly title: string
  readonly task: 'encrypt' | 'decrypt' | 'documents'
  /** Ways of `bench/peers/secrets.ts`. */
  readonly subject: string
  readonly reference: string
  readonly gate: number
  readonly goal: number
  readonly limit: string
}

function countOf(context: BenchContext, { task }: Comparison): number {
  return task === 'documents' ? DOCUMENTS[context.mode] : COUNT[context.mode]
}

function side(context: BenchContext, comparison: Comparison, way: string): Contender {
  const program = join(context.root, 'dist', 'bench', 'peers', 'secrets.js')
  const count = String(countOf(context, comparison))
  return {
    name: way,
    command: {
      argv: [process.execPath, program, way, comparison.task, count],
      output: outputFolder(context, comparison.id, way),
      hasOwnClock: true,
    },
  }
}

/** What each side of a comparison gave first; the two must agree. */
const samples = new Map<string, string>()

function verify(comparison: Comparison, result: RunResult): Verification {
  const line = result.stdout.trim().split('\n').at(-1) ?? ''
  const { sample, perSecond, megabytesPerSecond } = JSON.parse(line) as {
    readonly sample: string
    readonly perSecond: number
    readonly megabytesPerSecond: number
  }
  const expected = samples.get(comparison.id) ?? sample
  samples.set(comparison.id, expected)
  if (sample !== expected) return { ok: false, detail: 'the two sides give different bytes' }
  return { ok: true, detail: `${perSecond} a second, ${megabytesPerSecond.toFixed(1)} MB/s, equal bytes` }
}

function scenario(comparison: Comparison): Scenario {
  const { id, title, subject, reference, gate, goal, limit } = comparison
  return {
    id,
    title,
    measure: 'ratio',
    unit: comparison.task === 'documents' ? 'documents' : 'values',
    gate,
    goal,
    limit,
    work: (context) => countOf(context, comparison),
    prepare: async () => undefined,
    subject: (context) => side(context, comparison, subject),
    references: (context) => [side(context, comparison, reference)],
    verify: async (_, __, result) => verify(comparison, result),
  }
}

/** Encryption of values of job files, 23 bytes each, and of whole documents. */
export const encryption: readonly Scenario[] = [
  {
    id: '21a',
    title: 'AES-256-GCM of values in one call, over node:crypto',
    task: 'encrypt',
    subject: 'native-batch',
    reference: 'node-crypto',
    gate: 5,
    goal: 15,
    limit: 'about 5 M values/s (AES-NI)',
  },
  {
    id: '21b',
    title: 'the same, decryption',
    task: 'decrypt',
    subject: 'native-batch',
    reference: 'node-crypto',
    gate: 5,
    goal: 10,
    limit: 'about 5 M values/s (AES-NI)',
  },
  {
    id: '21c',
    title: 'AES-256-GCM of values in one call, over a call for each',
    task: 'encrypt',
    subject: 'native-batch',
    reference: 'native-each',
    gate: 3,
    goal: 10,
    limit: 'the cost of a call',
  },
  {
    id: '21d',
    title: 'AES-256-GCM of values by WASM in one call, over node:crypto',
    task: 'encrypt',
    subject: 'wasm-batch',
    reference: 'node-crypto',
    gate: 1,
    goal: 3,
    limit: 'AES in software',
  },
  {
    id: '21e',
    title: 'encrypt-config with base64, over JSON.parse and Buffer by hand',
    task: 'documents',
    subject: 'millrace',
    reference: 'plain',
    gate: 0.1,
    goal: 0.3,
    limit: 'every value keeps its place',
  },
].map((comparison) => scenario(comparison as Comparison))
