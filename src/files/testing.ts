import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { type ConfigObject, fromJson } from '../config/document.js'
import { validateObject, valuesOrThrow } from '../config/validate.js'
import type { MillraceError } from '../core/error.js'
import type { CatalogTable, Column, DataType } from '../core/schema.js'
import type { KernelBackend } from '../native/backend.js'
import type { PlanContext } from '../spi/context.js'
import type { FileFormat } from '../spi/format.js'
import type { OptionFields, OptionSpec, OptionValues } from '../spi/option.js'
import { PluginRegistry } from '../spi/registry.js'
import { crc32 } from './archive/crc32.js'

/** What tests of this layer share. Not part of the product. */

/** A fresh folder that is removed when the test ends. */
export function temporaryFolder(test: { after(remove: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-files-'))
  test.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes a file with the folders above it. */
export function putFile(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

/** An entry for the archive builders. */
export interface TestEntry {
  readonly name: string
  readonly content: string | Uint8Array
  readonly isStored?: boolean
}

/** A ZIP archive; entries are deflated unless they say otherwise. */
export function zipArchive(entries: readonly TestEntry[]): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content, isStored } of entries) {
    const data = Buffer.from(content)
    const packed = isStored === true ? data : deflateRawSync(data)
    const nameBytes = Buffer.from(name)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(isStored === true ? 0 : 8, 4)
    common.writeUInt32LE(crc32(data), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(data.length, 18)
    common.writeUInt16LE(nameBytes.length, 22)
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, nameBytes, packed])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    directory.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000'), common, tail, nameBytes]))
    locals.push(local)
    offset += local.length
  }
  const directoryBytes = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\u0005\u0006', 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directoryBytes.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directoryBytes, end])
}

/** A ustar archive. */
export function tarArchive(entries: readonly (TestEntry & { readonly type?: string })[]): Buffer {
  const blocks = entries.flatMap(({ name, content, type }) => {
    const data = Buffer.from(content)
    const header = Buffer.alloc(512)
    header.write(name, 0, 100)
    header.write('0000644\0', 100)
    header.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124)
    header.write('        ', 148)
    header.write(type ?? '0', 156)
    header.write('ustar\u000000', 257)
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    )
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

/** A table of nullable columns. */
export function testTable(columns: Readonly<Record<string, DataType['kind']>>, name = 'orders'): CatalogTable {
  return {
    catalogName: 'test',
    path: { database: 'shop', schema: null, table: name },
    columns: Object.entries(columns).map(([column, kind]) => testColumn(column, { kind } as DataType)),
    primaryKey: null,
    constraintKeys: [],
    partitionKeys: [],
    comment: null,
  }
}

/** A nullable column without attributes. */
export function testColumn(name: string, type: DataType): Column {
  return { name, type, nullable: true, length: null, scale: null, defaultValue: null, comment: null }
}

/** A plan context for a block with the given options, and the warnings that were given to it. */
export function testContext(settings: {
  readonly kind?: 'source' | 'sink'
  readonly options: object
  readonly formats?: readonly FileFormat[]
  readonly parallelism?: number
  readonly morselRowsLimit?: number
  readonly backend?: KernelBackend
  readonly output?: string
}): PlanContext & { readonly warnings: readonly MillraceError[] } {
  const position = { file: 'job.conf', line: 3, column: 5 }
  const kind = settings.kind ?? 'source'
  const object = fromJson(settings.options, position) as ConfigObject
  const warnings: MillraceError[] = []
  const formats = settings.formats ?? []
  return {
    jobId: '42',
    jobMode: 'BATCH',
    block: {
      kind,
      index: 0,
      pluginName: 'LocalFile',
      position,
      options: object,
      output: settings.output ?? null,
      inputs: [],
    },
    backend: settings.backend ?? noKernels,
    program: {
      zone: 'UTC',
      nowMicros: Date.UTC(2024, 0, 31, 8, 5, 9) * 1000,
      seed: 1,
      valueLimitBytes: 1 << 20,
      subtask: 0,
    },
    registry: new PluginRegistry(
      formats.map((format) => ({ kind: 'format', name: format.name, load: async () => format })),
    ),
    parallelism: settings.parallelism ?? 1,
    morselRowsLimit: settings.morselRowsLimit ?? null,
    warn: (warning) => void warnings.push(warning),
    warnings,
  }
}

/** Kernels that must not be asked. */
const noKernels = new Proxy({} as KernelBackend, {
  get: (_, name) => () => assertUnused(String(name)),
})

function assertUnused(name: string): never {
  throw new Error(`the kernels were asked for '${name}'`)
}

/** The options of a block as a plug-in gets them. */
export function validOptions<F extends OptionFields>(spec: OptionSpec<F>, context: PlanContext): OptionValues<F> {
  return valuesOrThrow(validateObject(spec, context.block.options, `${context.block.kind}[0]`))
}
