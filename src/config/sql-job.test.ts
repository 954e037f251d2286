import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MillraceError, MillraceErrors } from '../core/error.js'
import { lookup, toJsonText } from './document.js'
import { parseSqlJob } from './sql-job.js'
import { externalLookup } from './variables.js'

const SOURCE = "CREATE TABLE f WITH ('connector' = 'Fake', 'type' = 'source');\n"
const SINK = "CREATE TABLE c WITH ('connector' = 'Console', 'type' = 'sink');\n"

function parsed(text: string): string {
  return toJsonText(parseSqlJob(text, 'job.sql'))
}

const F = '{"plugin_name":"Fake","plugin_output":"f"}'
const direct = (sink: string) => `{"source":[${F}],"transform":[],"sink":[${sink}]}`
const C = '{"plugin_name":"Console","plugin_input":"f"}'

describe('SQL job files', () => {
  for (const [sentence, text, json] of [
    ['a bare table is wired directly', `${SOURCE}${SINK}INSERT INTO c SELECT f;`, direct(C)],
    ['the last semicolon may be missing', `${SOURCE}${SINK}INSERT INTO c SELECT f`, direct(C)],
    ['tables may be declared after their use', `INSERT INTO c SELECT f;\n${SINK}${SOURCE}`, direct(C)],
    [
      'key words are read in any case',
      `create table f with ('connector' = 'Fake', 'type' = 'SOURCE');\n${SINK}insert into c select f;`,
      direct(C),
    ],
    [
      'columns of a table are skipped',
      `CREATE TABLE f (a INT, b DECIMAL(10, 2)) WITH ('connector' = 'Fake', 'type' = 'source');${SINK}INSERT INTO c SELECT f;`,
      direct(C),
    ],
    [
      'names may be quoted',
      `CREATE TABLE \`f\` WITH ('connector' = 'Fake', 'type' = 'source');${SINK}INSERT INTO "c" SELECT \`f\`;`,
      direct(C),
    ],
    [
      'sinks without an insert are dropped',
      `${SOURCE}${SINK}CREATE TABLE d WITH ('connector' = 'X', 'type' = 'sink');INSERT INTO c SELECT f;`,
      direct(C),
    ],
    ['comments are skipped', `-- a ; 'b\n/* c ; 'd */${SOURCE}${SINK}INSERT INTO c /* e */ SELECT f; -- g`, direct(C)],
    [
      'two inserts make two sinks',
      `${SOURCE}${SINK}INSERT INTO c SELECT f;INSERT INTO c SELECT f;`,
      direct(`${C},${C}`),
    ],
    [
      'if not exists is skipped',
      `CREATE TABLE IF NOT EXISTS f WITH ('connector' = 'Fake', 'type' = 'source');${SINK}INSERT INTO c SELECT f;`,
      direct(C),
    ],
    [
      'the input of a sink is that of the insert',
      `${SOURCE}CREATE TABLE c WITH ('connector' = 'Console', 'type' = 'sink', 'plugin_input' = 'x');INSERT INTO c SELECT f;`,
      direct(C),
    ],
  ] as const) {
    it(sentence, () => assert.equal(parsed(text), json))
  }

  it('a query becomes a transform with a name of its own', () => {
    assert.equal(
      parsed(`${SOURCE}${SINK}INSERT INTO c SELECT a, 'x;y' AS b\n  FROM f -- all\n  WHERE a > 1;`),
      `{"source":[${F}],"transform":[{"plugin_name":"Sql","plugin_input":"f",` +
        `"query":"SELECT a, 'x;y' AS b\\n  FROM f       \\n  WHERE a > 1","plugin_output":"f__temp1"}],` +
        '"sink":[{"plugin_name":"Console","plugin_input":"f__temp1"}]}',
    )
  })

  it('a table from a query is a transform that others read', () => {
    assert.equal(
      parsed(`${SOURCE}${SINK}CREATE TABLE t AS SELECT a FROM f;\nINSERT INTO c SELECT * FROM t;`),
      `{"source":[${F}],"transform":[{"plugin_name":"Sql","plugin_input":"f","query":"SELECT a FROM f","plugin_output":"t"},` +
        '{"plugin_name":"Sql","plugin_input":"t","query":"SELECT * FROM t","plugin_output":"t__temp1"}],' +
        '"sink":[{"plugin_name":"Console","plugin_input":"t__temp1"}]}',
    )
  })

  it('a FROM inside a function is not the table', () => {
    assert.ok(
      parsed(`${SOURCE}${SINK}INSERT INTO c SELECT EXTRACT(YEAR FROM d) FROM f;`).includes('"plugin_input":"f"'),
    )
  })

  it('options in braces and brackets are HOCON, others texts', () => {
    const text = `CREATE TABLE f WITH ('connector' = 'Fake', 'type' = 'source', 'row.num' = '5',
      'schema' = '{ fields { a = int
        b = "map<string, int>" } }', 'rows' = '[{ fields = [1, "x"] }]', 'q' = 'it''s "x"
        y\\t', 'source' = '{ a = 1 }');${SINK}INSERT INTO c SELECT f;`
    assert.ok(
      parsed(text).startsWith(
        '{"source":[{"plugin_name":"Fake","row.num":"5","schema":{"fields":{"a":"int","b":"map<string, int>"}},' +
          '"rows":[{"fields":[1,"x"]}],"q":"it\'s \\"x\\" y\\t","source":{"a":1},"plugin_output":"f"}]',
      ),
      parsed(text),
    )
  })

  it('configuration comments are HOCON, cron expressions included', () => {
    const text = `/* config\nenv {\n  cron = "*/5 * * * *"\n}\n*/\n${SOURCE}${SINK}INSERT INTO c SELECT f;`
    assert.ok(parsed(text).startsWith('{"env":{"cron":"*/5 * * * *"},"source"'))
  })

  it('substitutions are looked up outside', () => {
    const text = `/* config\nenv { parallelism = \${p} }\n*/\n${SOURCE}${SINK}INSERT INTO c SELECT f;`
    const root = parseSqlJob(text, 'job.sql', { external: externalLookup(new Map([['p', '3']]), new Map()) })
    assert.ok(toJsonText(root).startsWith('{"env":{"parallelism":"3"}'))
  })

  it('values know where they are in the file', () => {
    const root = parseSqlJob(
      `/* config\nenv { a = 1 }\n*/\nCREATE TABLE f WITH ('connector' = 'Fake', 'type' = 'source',\n  'schema' = '{ a = 1,\n b = 2 }');\n${SINK}INSERT INTO c SELECT f;`,
      'job.sql',
    )
    const sources = root.entries.get('source')
    assert.ok(sources?.kind === 'list' && sources.items[0]?.kind === 'object')
    const at = (key: string) => {
      const position = sources.items[0]?.kind === 'object' ? lookup(sources.items[0], key)?.node.position : undefined
      return [position?.line, position?.column]
    }
    assert.deepEqual(
      [at('plugin_name'), at('schema.a'), at('schema.b')],
      [
        [4, 36],
        [5, 21],
        [6, 6],
      ],
    )
    const env = root.entries.get('env')
    assert.ok(env?.kind === 'object')
    assert.deepEqual(env.entries.get('a')?.position, { file: 'job.sql', line: 2, column: 11 })
  })

  for (const [text, message] of [
    ['', 'The SQL config must contain at least one source table'],
    [SINK, 'The SQL config must contain at least one source table'],
    [`${SOURCE}${SINK}`, 'The SQL config must contain `INSERT INTO ... SELECT ...` syntax'],
    [`${SOURCE}${SOURCE}`, 'Table name duplicate: f'],
    [`${SOURCE}${SINK}CREATE TABLE f AS SELECT a FROM f;`, 'Table name duplicate: f'],
    ["CREATE TABLE f WITH ('type' = 'source');", 'The connector of option is none'],
    ["CREATE TABLE f WITH ('connector' = '', 'type' = 'source');", 'The connector of option is none'],
    [`${SOURCE}${SINK}INSERT INTO c (a) SELECT a FROM f;`, 'Insert sql must not have columns'],
    [`${SOURCE}${SINK}INSERT INTO c VALUES (1);`, 'Insert sql must have select statement'],
    [`${SOURCE}${SINK}INSERT INTO c SELECT a FROM g;`, 'The source table[g] is not found'],
    [`${SOURCE}${SINK}INSERT INTO c SELECT g;`, 'The source table[g] is not found'],
    [`${SOURCE}${SINK}INSERT INTO c SELECT c;`, 'The source table[c] is not found'],
    [`${SOURCE}${SINK}CREATE TABLE t AS SELECT a FROM g;`, 'The source table[g] is not found'],
    [`${SOURCE}INSERT INTO c SELECT f;`, 'The sink table[c] is not found'],
    [`${SOURCE}INSERT INTO f SELECT f;`, 'The sink table[f] is not found'],
    [`${SOURCE}${SINK}DROP TABLE f;`, 'Unsupported SQL syntax: DROP TABLE f'],
    [`${SOURCE}${SINK}CREATE VIEW v AS SELECT a FROM f;`, 'Unsupported SQL syntax: CREATE VIEW v AS SELECT a FROM f'],
    [`${SOURCE}${SINK}INSERT INTO c SELECT a FROM (SELECT a FROM f);`, 'Unsupported SQL syntax: INSERT INTO c'],
    ["CREATE TABLE f WITH ('connector' = 'Fake', 'type' = 'both');", "table 'f' must have 'type' = 'source'"],
    ["CREATE TABLE f WITH ('connector' = 'Fake'", 'the statement ends'],
    ["CREATE TABLE f WITH ('connector = 'Fake');", 'is not closed'],
    ['/* config\nenv { }', 'the comment opened here is not closed'],
  ] as const) {
    it(`'${text.replaceAll('\n', ' ')}' says: ${message}`, () => {
      assert.throws(
        () => parsed(text),
        (error) => {
          const errors = error instanceof MillraceErrors ? error.errors : [error]
          const faults = errors.map((each) =>
            each instanceof MillraceError ? `${each.code} ${each.message}` : `${each}`,
          )
          assert.ok(
            faults.some((fault) => fault.startsWith('CONFIG_SQL ') && fault.includes(message)),
            faults.join('\n'),
          )
          return true
        },
      )
    })
  }

  it('a query may have views, and a table may be made from a table that was made', () => {
    const json = parsed(
      `${SOURCE}${SINK}CREATE TABLE t AS SELECT * FROM f LATERAL VIEW OUTER EXPLODE(SPLIT(a, ';')) AS b;` +
        'CREATE TABLE u AS SELECT b FROM t;INSERT INTO c SELECT u;INSERT INTO c SELECT b FROM u;',
    )
    assert.ok(
      json.includes(`"query":"SELECT * FROM f LATERAL VIEW OUTER EXPLODE(SPLIT(a, ';')) AS b","plugin_output":"t"`),
    )
    assert.ok(json.includes('"plugin_input":"t","query":"SELECT b FROM t","plugin_output":"u"'))
    assert.ok(
      json.endsWith(
        '"sink":[{"plugin_name":"Console","plugin_input":"u"},{"plugin_name":"Console","plugin_input":"u__temp1"}]}',
      ),
    )
  })

  it('all statements are looked at before the faults are given', () => {
    assert.throws(
      () => parsed("CREATE TABLE a WITH ('type' = 'source');\nINSERT INTO c SELECT x FROM y;\nDROP TABLE z;"),
      (error) =>
        error instanceof MillraceErrors && error.errors.map((each) => each.details.position?.line).join() === '1,2,3',
    )
  })

  it('every start of a file has an answer', () => {
    const text = `/* config\nenv { }\n*/\n${SOURCE}${SINK}CREATE TABLE t AS SELECT a FROM f;INSERT INTO c SELECT "b" FROM t;`
    for (let length = 0; length < text.length; length++) {
      try {
        parsed(text.slice(0, length))
      } catch (error) {
        assert.ok(error instanceof Error && 'code' in error !== error instanceof MillraceErrors, String(error))
      }
    }
  })
})
