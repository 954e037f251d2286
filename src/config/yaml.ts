import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from 'yaml'
import { MillraceError, type SourcePosition } from '../core/error.js'
import type { ConfigNode, ConfigObject } from './document.js'

/** Bounds of a YAML file: characters, levels, and values after aliases are followed. */
export const YAML_LIMITS = { characters: 1024 * 1024, depth: 64, values: 50_000 } as const

const PLACEHOLDER = /\$\{([^}]+)\}/g
const WHOLE = /^[+-]?\d+$/

/**
 * Reads a YAML file into a tree with positions.
 *
 * @param properties values of `${name}` in texts; a name that is not there stays as it is.
 * @throws MillraceError `CONFIG_NODE_FILE` for broken YAML, `CONFIG_DUPLICATE_KEY`, `CONFIG_LIMIT`.
 */
export function parseYaml(
  text: string,
  file: string,
  properties: ReadonlyMap<string, string> = new Map(),
): ConfigObject {
  return new YamlReader(text, file, properties).read()
}

class YamlReader {
  private readonly lines = new LineCounter()
  private values = 0

  constructor(
    private readonly text: string,
    private readonly file: string,
    private readonly properties: ReadonlyMap<string, string>,
  ) {}

  read(): ConfigObject {
    if (this.text.length > YAML_LIMITS.characters) {
      throw this.fault('CONFIG_LIMIT', `the file is larger than ${YAML_LIMITS.characters} characters`, 0, 'shorten it')
    }
    const document = this.parse()
    const [error] = document.errors
    if (error !== undefined) {
      // The parser turns its own overflow into an ordinary error.
      if (error.message.includes('call stack')) throw this.tooDeep(error.pos[0])
      const duplicate = error.code === 'DUPLICATE_KEY'
      const message = duplicate
        ? 'a key is given twice in one object'
        : `Invalid YAML configuration: ${firstLine(error.message)}`
      const hint = duplicate ? 'keep one of the two' : 'check the indentation and quotes at this place'
      throw this.fault(duplicate ? 'CONFIG_DUPLICATE_KEY' : 'CONFIG_NODE_FILE', message, error.pos[0], hint)
    }
    const root = this.convert(document.contents, document, 0)
    if (root.kind === 'object') return root
    if (root.kind !== 'null')
      throw this.fault(
        'CONFIG_NODE_FILE',
        'Invalid YAML configuration: the file must be an object',
        0,
        'start with a key',
      )
    return { kind: 'object', position: root.position, entries: new Map(), keyPositions: new Map() }
  }

  private parse(): Document.Parsed {
    try {
      return parseDocument(this.text, { lineCounter: this.lines, prettyErrors: false, logLevel: 'silent' })
    } catch (error) {
      if (error instanceof RangeError) throw this.tooDeep(0)
      throw error
    }
  }

  private convert(node: Node | null, document: Document.Parsed, depth: number): ConfigNode {
    const offset = node?.range?.[0] ?? 0
    this.values += 1
    if (depth > YAML_LIMITS.depth || this.values > YAML_LIMITS.values) {
      const message =
        depth > YAML_LIMITS.depth
          ? 'the file is nested too deeply'
          : 'the file has too many values, or its aliases repeat too much'
      throw this.fault('CONFIG_LIMIT', message, offset, 'write it without aliases and with fewer levels')
    }
    const position = this.position(offset)
    if (node === null) return { kind: 'null', position }
    if (isAlias(node)) {
      const target = node.resolve(document)
      if (target === undefined)
        throw this.fault('CONFIG_NODE_FILE', `alias '*${node.source}' has no anchor`, offset, `add &${node.source}`)
      return this.convert(target, document, depth + 1)
    }
    if (isMap(node)) return this.object(node, document, depth, position)
    if (isSeq(node)) {
      return {
        kind: 'list',
        position,
        items: node.items.map((item) => this.convert(item as Node | null, document, depth + 1)),
      }
    }
    return isScalar(node) ? this.scalar(node, position) : { kind: 'null', position }
  }

  private object(map: YAMLMap, document: Document.Parsed, depth: number, position: SourcePosition): ConfigObject {
    const entries = new Map<string, ConfigNode>()
    const keyPositions = new Map<string, SourcePosition>()
    for (const pair of map.items) {
      if (!isPair(pair) || !isScalar(pair.key)) continue
      const key = String(pair.key.value)
      entries.set(key, this.convert(pair.value as Node | null, document, depth + 1))
      keyPositions.set(key, this.position(pair.key.range?.[0] ?? 0))
    }
    return { kind: 'object', position, entries, keyPositions }
  }

  private scalar(node: Scalar, position: SourcePosition): ConfigNode {
    const { value } = node
    switch (typeof value) {
      case 'boolean':
        return { kind: 'boolean', position, value }
      case 'number': {
        const text = WHOLE.test(node.source ?? '') ? (node.source ?? '') : String(value)
        return { kind: 'number', position, text, value }
      }
      case 'string':
        return {
          kind: 'string',
          position,
          value: value.replaceAll(PLACEHOLDER, (all, name: string) => this.properties.get(name) ?? all),
        }
      default:
        return { kind: 'null', position }
    }
  }

  private tooDeep(offset: number): MillraceError {
    return this.fault('CONFIG_LIMIT', 'the file is nested too deeply', offset, 'use fewer levels')
  }

  private position(offset: number): SourcePosition {
    const { line, col } = this.lines.linePos(offset)
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col) }
  }

  private fault(
    code: 'CONFIG_LIMIT' | 'CONFIG_NODE_FILE' | 'CONFIG_DUPLICATE_KEY',
    message: string,
    offset: number,
    hint: string,
  ): MillraceError {
    return new MillraceError(code, message, { position: this.position(offset), hint })
  }
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message
}
