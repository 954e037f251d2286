import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { ROOT } from '../../conventions/layers.js'

/** A JSON Schema or a part of one. */
export type Schema = { readonly [member: string]: unknown }

/** Members that the description does not have though the wire does, by Flink's own answers. */
const HIDDEN = new Set([
  'start_time',
  'backpressure-level',
  'external_path',
  'discarded',
  'failure_timestamp',
  'failure_message',
])

const FOLDERS =
  process.env.MILLRACE_SHARED === undefined ? ['../shared', '../../shared'] : [process.env.MILLRACE_SHARED]
const FOLDER = FOLDERS.map((folder) => resolve(ROOT, folder, 'reference/flink')).find((folder) => existsSync(folder))

/** What Flink says of its answers, with the corrections of what the wire really carries. */
export class FlinkDescription {
  /** The document as it is. */
  readonly document: Readonly<Record<string, unknown>>
  readonly #paths: Readonly<Record<string, Readonly<Record<string, Schema>>>>
  readonly #components: Readonly<Record<string, Schema>>
  readonly #definitions: Readonly<Record<string, Schema>>

  constructor() {
    const read = (name: string) => readFileSync(join(FOLDER ?? '', name), 'utf8')
    const document = parse(read('flink-openapi-seed-2.1.yml'))
    const overrides = JSON.parse(read('flink-wire-overrides.json'))
    this.document = document
    this.#paths = document.paths
    this.#definitions = overrides.definitions
    this.#components = { ...document.components.schemas }
    for (const [name, schema] of Object.entries<Schema>(overrides.components)) {
      const known = this.#components[name]
      // Some corrections name what they change only.
      const properties = {
        ...((known?.properties as object | undefined) ?? {}),
        ...((schema.properties as object | undefined) ?? {}),
      }
      const isPart = '$comment' in schema && known?.properties !== undefined
      ;(this.#components as Record<string, Schema>)[name] = isPart ? { ...known, ...schema, properties } : schema
    }
  }

  /** Every schema by name, corrected; what corrections share is among them. */
  schemas(): Readonly<Record<string, Schema>> {
    const all = JSON.stringify({ ...this.#components, ...this.#definitions })
    return JSON.parse(all.replaceAll('#/definitions/', '#/components/schemas/'))
  }

  /** Schema of a good answer, or `null` when the description has no such operation or says nothing. */
  schema(method: string, path: string): Schema | null {
    const operation = this.#paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
    const answers = (operation?.responses ?? {}) as Record<string, { content?: Record<string, { schema?: Schema }> }>
    const good = Object.keys(answers).find((status) => status.startsWith('2'))
    return (good === undefined ? null : answers[good]?.content?.['application/json']?.schema) ?? null
  }

  /** Where a value is not what a schema says. */
  faults(schema: Schema, value: unknown, place = 'body'): readonly string[] {
    if (typeof schema.$ref === 'string') return this.faults(this.#named(schema.$ref), value, place)
    if (Array.isArray(schema.anyOf)) {
      const fits = (schema.anyOf as readonly Schema[]).some((each) => this.faults(each, value, place).length === 0)
      return fits ? [] : [`${place}: ${JSON.stringify(value)} fits none`]
    }
    if (value === null) return []
    if (Array.isArray(schema.enum) && !schema.enum.includes(value))
      return [`${place}: ${JSON.stringify(value)} is no value of it`]
    if (typeof schema.pattern === 'string' && !new RegExp(schema.pattern).test(String(value)))
      return [`${place}: ${JSON.stringify(value)} is not like ${schema.pattern}`]
    const wanted = schema.type
    if (wanted !== undefined && !isOfType(wanted, value))
      return [`${place}: ${JSON.stringify(value)?.slice(0, 60)} is no ${wanted}`]
    if (Array.isArray(value))
      return value.flatMap((each, index) => this.faults((schema.items ?? {}) as Schema, each, `${place}[${index}]`))
    return typeof value === 'object' ? this.#members(schema, value as Record<string, unknown>, place) : []
  }

  #members(schema: Schema, value: Readonly<Record<string, unknown>>, place: string): readonly string[] {
    const properties = (schema.properties ?? {}) as Record<string, Schema>
    const { additionalProperties: more } = schema
    return Object.entries(value).flatMap(([name, each]) => {
      const own = properties[name]
      if (own !== undefined) return this.faults(own, each, `${place}.${name}`)
      if (typeof more === 'object') return this.faults(more as Schema, each, `${place}.*`)
      // A schema without members says nothing about them.
      return schema.properties === undefined || HIDDEN.has(name) ? [] : [`${place}.${name} is not described`]
    })
  }

  #named(reference: string): Schema {
    const name = reference.slice(reference.lastIndexOf('/') + 1)
    const found = reference.startsWith('#/definitions/') ? this.#definitions[name] : this.#components[name]
    if (found === undefined) throw new Error(`there is no '${reference}'`)
    return found
  }
}

function isOfType(wanted: unknown, value: unknown): boolean {
  if (wanted === 'array') return Array.isArray(value)
  if (wanted === 'integer') return Number.isInteger(value)
  if (wanted === 'object') return typeof value === 'object' && !Array.isArray(value)
  return typeof value === wanted
}
