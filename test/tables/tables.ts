import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { asMillraceErrors, type MillraceError } from '../../src/core/error.js'
import type { CatalogTable } from '../../src/core/schema.js'
import { temporaryFolder } from '../../src/files/testing.js'
import { finishJob, prepareJob } from '../jobs/harness.js'
import { contents } from '../local-file/job.js'

/** A table of a fake source: its path, the fields of its schema as `name = type`, and its rows. */
export interface FakeTable {
  readonly path: string
  readonly fields?: string
  /** What stands in the schema beside the fields. */
  readonly schema?: string
  readonly rows: readonly (readonly unknown[])[]
}

/** A source block of several tables, or of one. */
export function fakeSource(tables: readonly FakeTable[], output = 'fake'): string {
  const configs = tables.map(({ path, fields = 'id = int, name = string', schema = '', rows }) => {
    const lines = rows.map((row) => `{ kind = INSERT, fields = ${JSON.stringify(row)} }`)
    const columns = schema.includes('columns') ? '' : `fields { ${fields} }`
    return `{ schema { table = "${path}", ${columns}\n${schema} }, rows = [${lines.join(', ')}] }`
  })
  return `FakeSource { plugin_output = ${output}, tables_configs = [${configs.join(',\n')}] }`
}

/** A job of one source block, transforms that follow each other, and one sink that writes a JSON file per table. */
export function jobText(source: string, transforms: readonly string[], folder: string): string {
  const chained = transforms.map((transform, index) => {
    const input = index === 0 ? 'fake' : `step${index - 1}`
    return transform.replace(/\{/, `{ plugin_input = ${input}, plugin_output = step${index},`)
  })
  const last = transforms.length === 0 ? 'fake' : `step${transforms.length - 1}`
  const sink = `LocalFile { plugin_input = ${last}, path = "${folder}/out/\${table_full_name}", tmp_path = "${folder}/tmp", file_format_type = json }`
  return `source {\n${source}\n}\ntransform {\n${chained.join('\n')}\n}\nsink {\n${sink}\n}`
}

/** Runs such a job and gives the rows of every table that came out, by its path; tables in byte order. */
export async function runTables(
  test: { after(remove: () => void): void },
  source: string,
  ...transforms: readonly string[]
): Promise<Record<string, unknown[]>> {
  const folder = temporaryFolder(test)
  await finishJob(jobText(source, transforms, folder))
  const rows: Record<string, unknown[]> = {}
  if (!existsSync(`${folder}/out`)) return rows
  for (const [path, text] of contents(`${folder}/out`)) {
    const lines = text.split('\n').filter((line) => line !== '')
    rows[dirname(path)] = [...(rows[dirname(path)] ?? []), ...lines.map((line) => JSON.parse(line) as unknown)]
  }
  return rows
}

/** Plans such a job and gives the tables behind its last transform. */
export async function plannedTables(
  source: string,
  ...transforms: readonly string[]
): Promise<readonly CatalogTable[]> {
  const { planned } = await prepareJob(jobText(source, transforms, '/nowhere'))
  return planned.tables.get(planned.dag.transforms.at(-1) ?? (planned.dag.sources[0] as never)) ?? []
}

/** What planning such a job says. */
export async function planFaults(source: string, ...transforms: readonly string[]): Promise<readonly MillraceError[]> {
  try {
    await prepareJob(jobText(source, transforms, '/nowhere'))
    return []
  } catch (thrown) {
    return asMillraceErrors(thrown)
  }
}

/** `code path`, for comparing. */
export function placed(fault: MillraceError): string {
  return `${fault.code} ${fault.details.path}`
}
