import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parseJobFile } from '../../src/config/job-document.js'
import { JobService } from '../../src/engine/job-service.js'
import { temporaryFolder } from '../../src/files/testing.js'
import { BACKEND_VARIABLE, loadBackend } from '../../src/native/load.js'
import { PLUGINS } from '../../src/plugins.generated.js'
import { PluginRegistry } from '../../src/spi/registry.js'

/** A job in SQL: a source, a table made of it with a view, and a sink that is written by a query. */
const job = (folder: string): string => `/* config
env { job.mode = "BATCH" }
*/
CREATE TABLE people (id INT, name STRING) WITH (
  'connector' = 'FakeSource', 'type' = 'source',
  'schema' = '{ fields { id = int, name = string, at = timestamp } }',
  'rows' = '[
    { kind = INSERT, fields = [1, "Ann;Bo", "2024-03-15T10:15:00"] }
    { kind = INSERT, fields = [2, null, "2024-03-16T10:15:00"] }
    { kind = INSERT, fields = [3, "it''s", null] }
  ]');
CREATE TABLE files WITH ('connector' = 'LocalFile', 'type' = 'sink', 'path' = '${folder}/out', 'tmp_path' = '${folder}/tmp',
  'file_format_type' = 'csv');
-- One row for each part of the name.
CREATE TABLE parts AS SELECT id, name, at FROM people LATERAL VIEW OUTER EXPLODE(SPLIT(name, ';')) AS part;
INSERT INTO files
  SELECT id, UPPER(part) AS part, MASK(part, 0, 1) AS hidden, at AT TIME ZONE '+02:00' AS zoned,
    EXTRACT(EPOCH FROM at) AS seconds, COALESCE(part, 'none') || '!' AS shown
  FROM parts WHERE id < 3 OR part LIKE 'it%';
`

describe('a job file in SQL', () => {
  const backends = process.env.MILLRACE_TEST === 'fast' ? (['native'] as const) : (['native', 'wasm'] as const)
  for (const backend of backends) {
    it(`runs from declarations to rows on ${backend}`, async (test) => {
      const folder = temporaryFolder(test)
      const service = new JobService({
        registry: new PluginRegistry(PLUGINS),
        backend: () => loadBackend(backend),
        workerEntry: new URL('../../src/worker.js', import.meta.url),
        now: () => Date.UTC(2024, 0, 31),
        zone: 'UTC',
        workers: 1,
      })
      // Workers load their kernels themselves, as the variable says.
      process.env[BACKEND_VARIABLE] = backend
      const file = { text: job(folder), file: 'job.sql', variables: new Map(), environment: new Map() }
      const outcome = await (await service.prepare({ document: parseJobFile(file) })).run()
      assert.deepEqual([outcome.status, outcome.errors.map((error) => error.message)], ['FINISHED', []])
      const out = join(folder, 'out')
      const rows = readdirSync(out).flatMap((name) => readFileSync(join(out, name), 'utf8').trimEnd().split('\n'))
      assert.deepEqual(rows, [
        '1,ANN,*nn,2024-03-15 10:15:00+02:00,1710497700,Ann!',
        '1,BO,*o,2024-03-15 10:15:00+02:00,1710497700,Bo!',
        '2,,,2024-03-16 10:15:00+02:00,1710584100,none!',
        "3,IT'S,*t's,,,it's!",
      ])
    })
  }
})
