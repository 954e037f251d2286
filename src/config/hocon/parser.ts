import { MillraceError, type SourcePosition } from '../../core/error.js'
import { MAX_DEPTH } from '../json.js'
import { isPathToken, Lexer, PATH_SEPARATOR, pathOf, type Token } from './lexer.js'
import { addLayer, mergeRaw, type Raw, type RawList, type RawObject, rawObject } from './raw.js'

/** Sections whose object is read as a list of plug-ins, each key being one element's `plugin_name`. */
const PLUGIN_SECTIONS: ReadonlySet<string> = new Set(['source', 'transform', 'sink'])
/** Objects of `env` whose `sink` is the options of one sink, not a list. */
const ERROR_HANDLERS: ReadonlySet<string> = new Set(['error_handler', 'transform_error_handler', 'sink_error_handler'])

/** How an `include` is carried out. */
export interface Includer {
  /** The object of an included file, or `null` when the file is absent and not required. */
  include(name: string, required: boolean, from: SourcePosition, prefix: readonly string[]): RawObject | null
}

/** Settings of one parse. */
export interface ParserOptions {
  readonly includer: Includer
  /** Where the text is put: the path of the object around an include. */
  readonly prefix: readonly string[]
  /** Whether objects under `source`, `transform` and `sink` become lists. */
  readonly pluginSections: boolean
  /** Position of the first character when the text is part of a larger file. */
  readonly start?: SourcePosition | undefined
}

/**
 * Parses a document into its unresolved tree.
 *
 * @throws MillraceError `CONFIG_SYNTAX`, `CONFIG_LIMIT`, `CONFIG_INCLUDE`.
 */
export function parseRaw(text: string, file: string, options: ParserOptions): RawObject {
  return new Parser(new Lexer(text, options.start ?? { file, line: 1, column: 1 }), options).document()
}

class Parser {
  private token: Token
  private readonly path: string[]
  private depth = 0
  private listDepth = 0

  constructor(
    private readonly lexer: Lexer,
    private readonly options: ParserOptions,
  ) {
    this.path = [...options.prefix]
    this.token = lexer.next()
  }

  document(): RawObject {
    this.skipNewlines()
    if (this.token.kind === '[') {
      const hint = 'start with a key, for example env { … }'
      throw new MillraceError('CONFIG_SYNTAX', 'a document must be an object, not a list', {
        position: this.token.position,
        hint,
      })
    }
    if (!this.at('{')) return this.fields(rawObject(this.token.position), null)
    const opened = this.advance()
    const root = this.fields(rawObject(opened.position), opened)
    this.skipNewlines()
    if (!this.at('end')) {
      throw this.unexpected('the end of the file', "the '{' of the first line is already closed")
    }
    return root
  }

  /** Reads fields up to the closing brace (or the end, when `opened` is null) and consumes it. */
  private fields(object: RawObject, opened: Token | null): RawObject {
    for (;;) {
      this.skipNewlines()
      if (this.atEnd(opened)) return object
      this.field(
        (path, position, value) => addUnder(object, path, position, value),
        (included) => mergeRaw(object, included),
      )
      if (!this.separator() && !this.isClose(opened)) throw this.missingSeparator()
    }
  }

  /** Reads the fields of a plug-in section as a list; every key is kept, repeated ones too. */
  private plugins(opened: Token): RawList {
    const items: Raw[] = []
    const add = (path: readonly string[], position: SourcePosition, value: Raw) =>
      items.push(pluginElement(path, position, value))
    for (;;) {
      this.skipNewlines()
      if (this.atEnd(opened)) return { kind: 'raw-list', position: opened.position, items }
      this.field(add, (included) => {
        for (const [key, slot] of included.slots) for (const layer of slot.layers) add([key], slot.position, layer)
      })
      if (!this.separator() && !this.isClose(opened)) throw this.missingSeparator()
    }
  }

  private atEnd(opened: Token | null): boolean {
    if (this.isClose(opened)) {
      if (opened !== null) this.advance()
      return true
    }
    if (this.token.kind === '}') throw this.unexpected('a key', "remove this '}', or add the '{' that it should close")
    if (this.token.kind === 'end' && opened !== null) {
      const { line, column } = opened.position
      throw this.unexpected("a key or '}'", `the '{' opened at line ${line}, column ${column} is not closed`)
    }
    return false
  }

  private isClose(opened: Token | null): boolean {
    return this.token.kind === (opened === null ? 'end' : '}')
  }

  private field(
    add: (path: readonly string[], position: SourcePosition, value: Raw) => void,
    include: (included: RawObject) => void,
  ): void {
    if (this.token.kind === 'text' && this.token.text === 'include') {
      const included = this.include()
      if (included !== null) include(included)
      return
    }
    const { position } = this.token
    const path = this.key()
    this.skipNewlines()
    const separator = this.token
    const isInHandler = path.length === 1 && ERROR_HANDLERS.has(this.path.at(-1) ?? '')
    this.path.push(...path)
    this.descend(path.length - 1, position)
    const section = this.options.pluginSections && PLUGIN_SECTIONS.has(path[0] ?? '') && !isInHandler
    if (separator.kind === '{') {
      add(path, position, this.object(section))
    } else if (separator.kind === ':' || separator.kind === '=') {
      this.advance()
      add(path, position, this.value(section))
    } else if (separator.kind === '+=') {
      this.advance()
      add(path, position, this.append(separator))
    } else {
      const hint = 'write key = value or key { … }; a value with spaces or special characters needs double quotes'
      throw this.unexpected(`'=' or '{' after key '${path.join(PATH_SEPARATOR)}'`, hint)
    }
    this.path.length -= path.length
    this.depth -= path.length - 1
  }

  private append(separator: Token): Raw {
    if (this.listDepth > 0) {
      const hint = 'move it out of the list, or write the whole list with ='
      throw new MillraceError('CONFIG_SYNTAX', "'+=' does not work inside a list", {
        position: separator.position,
        hint,
      })
    }
    this.listDepth += 1
    const value = this.value(false)
    this.listDepth -= 1
    return { kind: 'append', position: value.position, value }
  }

  private key(): string[] {
    const { position } = this.token
    const tokens: Token[] = []
    while (isPathToken(this.token)) tokens.push(this.advance())
    if (tokens.length === 0) throw this.unexpected('a key', 'a key is a name, or a text in double quotes')
    return pathOf(tokens, position)
  }

  /** One value, or several side by side. Newlines in front are skipped. */
  private value(section: boolean): Raw {
    this.skipNewlines()
    const parts: { value: Raw; blank: string }[] = []
    while (this.startsValue()) {
      const { blank } = this.token
      parts.push({ value: this.single(section), blank })
    }
    const [first] = parts
    if (first === undefined) throw this.unexpected('a value', 'write a value, or "" for an empty text')
    return parts.length === 1 ? first.value : { kind: 'concatenation', position: first.value.position, parts }
  }

  private startsValue(): boolean {
    const { kind } = this.token
    return isPathToken(this.token) || kind === 'substitution' || kind === '{' || kind === '['
  }

  private single(section: boolean): Raw {
    const { token } = this
    const { position } = token
    switch (token.kind) {
      case '{':
        return this.object(section)
      case '[':
        return this.list()
      case 'null':
        this.advance()
        return { kind: 'null', position }
      case 'boolean':
        this.advance()
        return { kind: 'boolean', position, value: token.text === 'true' }
      case 'number':
        this.advance()
        return { kind: 'number', position, text: token.text, value: Number(token.text) }
      case 'substitution': {
        this.advance()
        const { path, optional } = token.reference ?? { path: [], optional: false }
        return { kind: 'substitution', position, path, optional, prefix: this.options.prefix }
      }
      default:
        this.advance()
        return {
          kind: 'string',
          position,
          value: token.text,
          ...(token.textPosition === undefined ? {} : { textPosition: token.textPosition }),
        }
    }
  }

  private object(section: boolean): Raw {
    const opened = this.enter()
    const result = section ? this.plugins(opened) : this.fields(rawObject(opened.position), opened)
    this.depth -= 1
    return result
  }

  private list(): RawList {
    const opened = this.enter()
    this.listDepth += 1
    const items: Raw[] = []
    this.skipNewlines()
    while (!this.at(']')) {
      if (!this.startsValue()) throw this.badListItem(opened)
      items.push(this.value(false))
      if (!this.separator() && !this.at(']')) throw this.badListItem(opened)
      this.skipNewlines()
    }
    this.advance()
    this.listDepth -= 1
    this.depth -= 1
    return { kind: 'raw-list', position: opened.position, items }
  }

  private badListItem(opened: Token): MillraceError {
    const { line, column } = opened.position
    if (this.token.kind === 'end')
      return this.unexpected("']'", `the '[' opened at line ${line}, column ${column} is not closed`)
    return this.unexpected("a value, ',' or ']'", 'values of a list are separated by commas or newlines')
  }

  private enter(): Token {
    const opened = this.advance()
    this.descend(1, opened.position)
    return opened
  }

  private descend(levels: number, position: SourcePosition): void {
    this.depth += levels
    if (this.depth > MAX_DEPTH) {
      const message = `the document is nested deeper than ${MAX_DEPTH} levels`
      throw new MillraceError('CONFIG_LIMIT', message, { position, hint: 'use fewer levels' })
    }
  }

  private include(): RawObject | null {
    const keyword = this.advance()
    const parts: Token[] = []
    while (this.token.kind === 'text' || this.token.kind === 'string') parts.push(this.advance())
    const name = parts.find((part) => part.kind === 'string')
    const around = parts.map((part) => (part.kind === 'string' ? '"' : part.text)).join('')
    const form = /^(?:required\()?(?:(file|url|classpath)\()?"\)*$/.exec(around)
    if (name === undefined || form === null) {
      const hint = 'write include "file.conf" or include required(file("file.conf"))'
      throw new MillraceError('CONFIG_SYNTAX', "'include' must be followed by a file name in quotes", {
        position: keyword.position,
        hint,
      })
    }
    if (form[1] === 'url' || form[1] === 'classpath' || /^[a-z]+:\/\//.test(name.text)) {
      const hint = 'copy the file beside this one and include it by its name'
      throw new MillraceError('CONFIG_INCLUDE', `only files can be included, not '${name.text}'`, {
        position: name.position,
        hint,
      })
    }
    return this.options.includer.include(name.text, around.startsWith('required('), name.position, this.path)
  }

  /** Consumes newlines and at most one comma; answers whether there was any. */
  private separator(): boolean {
    const newline = this.skipNewlines()
    if (this.token.kind !== ',') return newline
    this.advance()
    this.skipNewlines()
    if (this.token.kind === ',') throw this.unexpected('a value or a key', 'remove one of the two commas')
    return true
  }

  private skipNewlines(): boolean {
    let skipped = false
    while (this.token.kind === 'newline') {
      this.advance()
      skipped = true
    }
    return skipped
  }

  private at(kind: Token['kind']): boolean {
    return this.token.kind === kind
  }

  private advance(): Token {
    const { token } = this
    this.token = this.lexer.next()
    return token
  }

  private missingSeparator(): MillraceError {
    return this.unexpected("',', a newline or '}'", 'a value with special characters needs double quotes')
  }

  private unexpected(expected: string, hint: string): MillraceError {
    const { token } = this
    const found =
      token.kind === 'end'
        ? 'the end of the file'
        : token.kind === 'newline'
          ? 'the end of the line'
          : `'${token.text}'`
    return new MillraceError('CONFIG_SYNTAX', `expected ${expected}, but found ${found}`, {
      position: token.position,
      hint,
    })
  }
}

function addUnder(object: RawObject, path: readonly string[], position: SourcePosition, value: Raw): void {
  const [first = '', ...rest] = path
  if (rest.length === 0) {
    addLayer(object, first, position, value)
    return
  }
  const inner = rawObject(value.position)
  addUnder(inner, rest, position, value)
  addLayer(object, first, position, inner)
}

/** One element of a plug-in section: the value with the key as `plugin_name`, unless it has one. */
function pluginElement(path: readonly string[], position: SourcePosition, value: Raw): Raw {
  const [name = '', ...rest] = path
  let element = value
  if (rest.length > 0) {
    const inner = rawObject(position)
    addUnder(inner, rest, position, value)
    element = inner
  }
  const pluginName: Raw = { kind: 'string', position, value: name }
  if (element.kind === 'raw-object') {
    if (!element.slots.has('plugin_name')) addLayer(element, 'plugin_name', position, pluginName)
    return { ...element, position }
  }
  if (element.kind !== 'substitution' && element.kind !== 'concatenation') return element
  const named = rawObject(position)
  addLayer(named, 'plugin_name', position, pluginName)
  const parts = element.kind === 'concatenation' ? element.parts : [{ value: element, blank: '' }]
  return { kind: 'concatenation', position, parts: [{ value: named, blank: '' }, ...parts] }
}
