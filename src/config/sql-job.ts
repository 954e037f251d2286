import { MillraceError, MillraceErrors, type SourcePosition } from '../core/error.js'
import { type ConfigNode, type ConfigObject, objectOf } from './document.js'
import { type HoconOptions, parseHocon } from './hocon/hocon.js'
import { fault, SQL_HINT, SqlCursor } from './sql-cursor.js'
import { type SqlStatement, type SqlToken, scanSql } from './sql-scanner.js'
import { inOrder } from './validate.js'

/**
 * Reads a SQL job file into the same tree as the other languages give.
 *
 * `CREATE TABLE … WITH (…)` declares a source or sink, `CREATE TABLE … AS SELECT` and `INSERT INTO … SELECT` add `Sql`
 * transforms, `INSERT INTO sink SELECT source` wires two tables directly. Sinks that no `INSERT` names are dropped.
 * Configuration comments are HOCON; option values in braces or brackets are too.
 *
 * @throws MillraceErrors with every fault: `CONFIG_SQL`, and what {@link parseHocon} raises for the HOCON parts.
 * @source SeaTunnel `SqlConfigBuilder`
 */
export function parseSqlJob(text: string, file: string, options: Pick<HoconOptions, 'external'> = {}): ConfigObject {
  return new SqlJob(file, options).read(text)
}

interface DeclaredTable {
  readonly kind: 'source' | 'sink' | 'transform'
  readonly position: SourcePosition
  readonly members: readonly (readonly [string, ConfigNode])[]
}

const ONE_SOURCE = 'The SQL config must contain at least one source table'
const ONE_INSERT = 'The SQL config must contain `INSERT INTO ... SELECT ...` syntax'

class SqlJob {
  private readonly tables = new Map<string, DeclaredTable>()
  private readonly transforms: ConfigObject[] = []
  private readonly sinks: ConfigObject[] = []
  private readonly faults: MillraceError[] = []
  private temporaryTables = 0

  constructor(
    private readonly file: string,
    private readonly options: Pick<HoconOptions, 'external'>,
  ) {}

  read(text: string): ConfigObject {
    const start = { file: this.file, line: 1, column: 1 }
    const { statements, configs } = scanSql(text, this.file)
    const members = configs.flatMap((config) => this.guarded(() => [...this.configMembers(config)]) ?? [])
    const rest = statements.filter((statement) => !this.guarded(() => this.declareTable(statement)))
    for (const statement of rest) if (!isDeclaration(statement)) this.guarded(() => this.select(statement))
    const sources = [...this.tables.values()].filter((table) => table.kind === 'source')
    if (this.faults.length === 0) {
      const hint = SQL_HINT
      if (sources.length === 0) this.faults.push(new MillraceError('CONFIG_SQL', ONE_SOURCE, { position: start, hint }))
      else if (this.sinks.length === 0)
        this.faults.push(new MillraceError('CONFIG_SQL', ONE_INSERT, { position: start, hint }))
    }
    if (this.faults.length > 0) throw new MillraceErrors(inOrder(this.faults))
    const list = (items: readonly ConfigNode[]): ConfigNode => ({ kind: 'list', position: start, items })
    return objectOf(
      [
        ...members,
        ['source', list(sources.map((table) => objectOf(table.members, table.position)))],
        ['transform', list(this.transforms)],
        ['sink', list(this.sinks)],
      ],
      start,
    )
  }

  /** Runs one step; its fault is kept so that the other statements are still looked at. */
  private guarded<Result>(step: () => Result): Result | null {
    try {
      return step()
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      this.faults.push(error)
      return null
    }
  }

  private configMembers(config: { text: string; start: SourcePosition }): Iterable<[string, ConfigNode]> {
    return parseHocon(config.text, this.file, { ...this.options, start: config.start }).entries
  }

  /** Takes `CREATE TABLE name WITH (…)`; answers whether the statement was one. */
  private declareTable(statement: SqlStatement): boolean {
    if (!isDeclaration(statement)) return false
    const cursor = new SqlCursor(statement.tokens)
    const name = createdTable(cursor)
    skipColumns(cursor)
    cursor.expectWord('WITH')
    const options = this.readOptions(cursor)
    cursor.expectEnd()
    this.checkNew(name)
    const text = (key: string) => {
      const value = options.find(([each]) => each === key)?.[1]
      return value?.kind === 'string' ? value.value : ''
    }
    const kind = text('type').toLowerCase()
    if (kind !== 'source' && kind !== 'sink') {
      throw fault(`table '${name.text}' must have 'type' = 'source' or 'type' = 'sink'`, name, "add the option 'type'")
    }
    if (text('connector') === '') {
      throw fault('The connector of option is none', name, "add the option 'connector', for example 'FakeSource'")
    }
    this.tables.set(name.text, { kind, position: name.position, members: tableMembers(name, kind, options) })
    return true
  }

  private readOptions(cursor: SqlCursor): [string, ConfigNode][] {
    const options: [string, ConfigNode][] = []
    cursor.expectSign('(')
    while (!cursor.isSign(')')) {
      const key = cursor.expectText()
      cursor.expectSign('=')
      options.push([key.text.trim(), this.optionValue(cursor.expectText())])
      if (!cursor.isSign(')')) cursor.expectSign(',')
    }
    cursor.expectSign(')')
    return options
  }

  private optionValue(token: SqlToken): ConfigNode {
    const { position } = token
    const trimmed = token.text.trim()
    const composite =
      (trimmed.startsWith('{') && trimmed.endsWith('}')) || (trimmed.startsWith('[') && trimmed.endsWith(']'))
    if (!composite)
      return { kind: 'string', position, value: unescaped(token.text.replaceAll(/[ \t]*\r?\n[ \t]*/g, ' ')) }
    // One key in front of the value makes it a document; the column moves back by its width and on by the quote.
    const start = { ...position, column: position.column + 1 - VALUE_KEY.length }
    const document = parseHocon(VALUE_KEY + token.text, this.file, { ...this.options, start, pluginSections: false })
    return document.entries.get('v') ?? { kind: 'null', position }
  }

  private checkNew(name: SqlToken): void {
    if (this.tables.has(name.text)) {
      const earlier = this.tables.get(name.text)?.position.line
      throw fault(
        `Table name duplicate: ${name.text}`,
        name,
        `it was declared at line ${earlier}; rename one of the two`,
      )
    }
  }

  private select(statement: SqlStatement): void {
    const cursor = new SqlCursor(statement.tokens)
    if (cursor.isWord('INSERT')) this.insert(cursor, statement)
    else if (cursor.isWord('CREATE')) this.createAs(cursor, statement)
    else throw unsupported(statement)
  }

  private createAs(cursor: SqlCursor, statement: SqlStatement): void {
    if (statement.tokens[1]?.text.toUpperCase() !== 'TABLE') throw unsupported(statement)
    const name = createdTable(cursor)
    if (!cursor.isWord('AS')) throw unsupported(statement)
    cursor.expectWord('AS')
    const query = readQuery(cursor, statement)
    if (query.from === null)
      throw fault(`Source table must be specified in SQL: ${query.text}`, query.start, 'add FROM table')
    this.requireSource(query.from)
    this.checkNew(name)
    this.transforms.push(sqlTransform(query, query.from.text, name.text, name.position))
    this.tables.set(name.text, { kind: 'transform', position: name.position, members: [] })
  }

  private insert(cursor: SqlCursor, statement: SqlStatement): void {
    cursor.expectWord('INSERT')
    cursor.expectWord('INTO')
    if (cursor.isWord('TABLE')) cursor.expectWord('TABLE')
    const target = cursor.expectName()
    if (cursor.isSign('('))
      throw fault('Insert sql must not have columns', cursor.peek() ?? target, 'remove the list of columns')
    const query = readQuery(cursor, statement)
    const source = query.from ?? query.onlyName
    if (source === null) {
      throw fault(
        `Source table must be specified in SQL: ${statement.text}`,
        query.start,
        'add FROM table, or select one table name',
      )
    }
    this.requireSource(source)
    const sink = this.tables.get(target.text)
    if (sink?.kind !== 'sink') {
      throw fault(
        `The sink table[${target.text}] is not found`,
        target,
        "declare it with CREATE TABLE … WITH ('type' = 'sink')",
      )
    }
    let input = source.text
    if (query.from !== null) {
      this.temporaryTables += 1
      input = `${source.text}__temp${this.temporaryTables}`
      this.transforms.push(sqlTransform(query, source.text, input, query.start.position))
    }
    this.sinks.push(objectOf([...sink.members, ['plugin_input', textNode(input, source.position)]], sink.position))
  }

  private requireSource(name: SqlToken): void {
    const kind = this.tables.get(name.text)?.kind
    if (kind === 'source' || kind === 'transform') return
    throw fault(`The source table[${name.text}] is not found`, name, 'declare it with CREATE TABLE before it is used')
  }
}

const VALUE_KEY = 'v = '

function isDeclaration(statement: SqlStatement): boolean {
  const cursor = new SqlCursor(statement.tokens)
  if (!cursor.isWord('CREATE')) return false
  const words = statement.tokens
    .filter((token) => token.kind === 'word' && !token.quoted)
    .map((token) => token.text.toUpperCase())
  const [select, declared] = [words.indexOf('SELECT'), words.indexOf('WITH')]
  return declared >= 0 && (select < 0 || declared < select)
}

function createdTable(cursor: SqlCursor): SqlToken {
  cursor.expectWord('CREATE')
  cursor.expectWord('TABLE')
  if (cursor.isWord('IF')) for (const word of ['IF', 'NOT', 'EXISTS']) cursor.expectWord(word)
  return cursor.expectName()
}

/** Columns of a declaration are there for the reader only. */
function skipColumns(cursor: SqlCursor): void {
  if (!cursor.isSign('(')) return
  let depth = 0
  do {
    if (cursor.isSign('(')) depth += 1
    if (cursor.isSign(')')) depth -= 1
    cursor.next()
  } while (depth > 0)
}

function tableMembers(name: SqlToken, kind: string, options: readonly [string, ConfigNode][]): [string, ConfigNode][] {
  const hidden = new Set(['connector', 'type', 'plugin_output', ...(kind === 'sink' ? ['plugin_input'] : [])])
  const connector = options.find(([key]) => key === 'connector')?.[1]
  const members: [string, ConfigNode][] = connector === undefined ? [] : [['plugin_name', connector]]
  members.push(...options.filter(([key]) => !hidden.has(key.toLowerCase())))
  if (kind === 'source') members.push(['plugin_output', textNode(name.text, name.position)])
  return members
}

interface Query {
  readonly text: string
  readonly start: SqlToken
  /** The table after `FROM`, or `null` without one. */
  readonly from: SqlToken | null
  /** The name in `SELECT name`, else `null`. */
  readonly onlyName: SqlToken | null
}

function readQuery(cursor: SqlCursor, statement: SqlStatement): Query {
  const start = cursor.peek()
  if (start === null || !cursor.isWord('SELECT')) {
    throw fault('Insert sql must have select statement', start ?? cursor.last(), SQL_HINT)
  }
  const rest = cursor.rest()
  const offset = statement.tokens[0]?.start ?? 0
  const text = statement.text.slice(start.start - offset)
  const from = fromTable(rest, statement)
  const [, name, more] = rest
  const onlyName = from === null && name?.kind === 'word' && more === undefined ? name : null
  return { text, start, from, onlyName }
}

function fromTable(tokens: readonly SqlToken[], statement: SqlStatement): SqlToken | null {
  let depth = 0
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'sign') depth += token.text === '(' ? 1 : token.text === ')' ? -1 : 0
    if (depth > 0 || token.kind !== 'word' || token.quoted || token.text.toUpperCase() !== 'FROM') continue
    const table = tokens[index + 1]
    if (table?.kind !== 'word') throw unsupported(statement, table ?? token)
    return new SqlCursor(tokens.slice(index + 1)).expectName()
  }
  return null
}

function sqlTransform(query: Query, input: string, output: string, position: SourcePosition): ConfigObject {
  const members: [string, ConfigNode][] = [
    ['plugin_name', textNode('Sql', position)],
    ['plugin_input', textNode(input, query.from?.position ?? position)],
    ['query', textNode(query.text, query.start.position)],
    ['plugin_output', textNode(output, position)],
  ]
  return objectOf(members, position)
}

function textNode(value: string, position: SourcePosition): ConfigNode {
  return { kind: 'string', position, value }
}

function unsupported(statement: SqlStatement, at = statement.tokens[0]): MillraceError {
  const text = statement.text.replaceAll(/\s+/g, ' ')
  const shown = text.length > 120 ? `${text.slice(0, 117)}…` : text
  return new MillraceError('CONFIG_SQL', `Unsupported SQL syntax: ${shown}`, {
    position: at?.position,
    hint: SQL_HINT,
  })
}

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g
const ESCAPED: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/** Option texts pass through a quoted HOCON text in SeaTunnel, so its escapes count; other backslashes stay. */
function unescaped(text: string): string {
  return text.replaceAll(ESCAPE, (_, code: string | undefined, char: string | undefined) =>
    code === undefined ? (ESCAPED[char ?? ''] ?? char ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  )
}
