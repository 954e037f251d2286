import { fakeSource, jobCommand, jobText, outputFolder, SILENT_CONSOLE, writeJob } from '../jobs.js'
import type { BenchContext, Contender, RunResult, Verification } from '../types.js'

/** Writes the job FakeSource → silent Console. */
export async function prepareFakeJob(context: BenchContext, scenario: string, rows: number): Promise<void> {
  writeJob(context, scenario, jobText(fakeSource(rows), null, SILENT_CONSOLE))
}

/** The run of that job by the program under test. */
export function fakeSubject(context: BenchContext, scenario: string): Contender {
  return { name: 'millrace', command: jobCommand(context, scenario, outputFolder(context, scenario, 'millrace')) }
}

/** An idle Node process: what no program on Node can be faster than. */
export function idleNode(context: BenchContext, scenario: string): Contender {
  return {
    name: 'node -e 0',
    command: { argv: [process.execPath, '-e', '0'], output: outputFolder(context, scenario, 'node') },
  }
}

/** Whether the last line of the job says that all rows were written; such a job leaves no files. */
export function verifyRowCount(contender: Contender, result: RunResult, rows: number): Verification {
  if (contender.name !== 'millrace') return { ok: true, detail: 'nothing to compare' }
  const written = /"rowsWritten":(\d+)/.exec(result.stdout.trim().split('\n').at(-1) ?? '')?.[1]
  if (written === undefined) return { ok: false, detail: 'the job printed no count of written rows' }
  return Number(written) === rows
    ? { ok: true, detail: `${rows} rows` }
    : { ok: false, detail: `${written} rows were written instead of ${rows}` }
}
