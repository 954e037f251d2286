// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MillraceErrors } from '../core/error.js'
import { nodeText, toJsonText } from './document.js'
import { readEnv } from './env-options.js'
import { parseHocon } from './hocon/hocon.js'
import {
  documentFromText,
  type JobFileInput,
  type JobSyntax,
  parseJobFile,
  parseJobTree,
  syntaxOf,
} from './job-document.js'
import { encryptDocument, ShadeRegistry } from './shade.js'
import { KEY_VARIABLE, systemShadeAccess } from './shade-key.js'

const WHOLE = 'source { F { } }\nsink { C { } }'

function parse(text: string, more: Partial<JobFileInput> = {}) {
  return parseJobFile({ text, file: 'job.conf', variables: new Map(), environment: new Map(), ...more })
}

describe('the language of a job file', () => {
  for (const [file, syntax] of [
    ['a.json', 'json'],
    ['a.sql', 'sql'],
    ['a.conf', 'hocon'],
    ['a.JSON', 'hocon'],
    ['a.conf.template', 'hocon'],
    ['json', 'hocon'],
  ] as const) {
    it(`of '${file}' is ${syntax}`, () => assert.equal(syntaxOf(file), syntax))
  }
})

describe('blocks', () => {
  it('keep their order, kind, index and place', () => {
    const { source, transform, sink } = parse('source { A { }, B { } }\ntransform { T { } }\nsink {\n  C { }\n}')
    assert.deepEqual(
      [...source, ...transform, ...sink].map(({ kind, index, pluginName, position }) => [
        kind,
        index,
        pluginName,
        position.line,
        position.column,
      ]),
      [
        ['source', 0, 'A', 1, 10],
        ['source', 1, 'B', 1, 17],
        ['transform', 0, 'T', 2, 13],
        ['sink', 0, 'C', 4, 3],
      ],
    )
  })

  for (const [sentence, options, output, inputs] of [
    ['without names', '', null, []],
    ['with new names', 'plugin_output = o, plugin_input = i', 'o', ['i']],
    ['with old names', 'result_table_name = o, source_table_name = i', 'o', ['i']],
    [
      'with both, of which the new ones win',
      'result_table_name = x, plugin_output = o, source_table_name = y, plugin_input = [i, j]',
      'o',
      ['i', 'j'],
    ],
    ['with a null name beside an old one', 'plugin_output = null, result_table_name = o', 'o', []],
    ['with numbers as names', 'plugin_output = 1, plugin_input = [2]', '1', ['2']],
    ['with an empty list', 'plugin_input = []', null, []],
    ['with names in one text', 'plugin_input = "i, j"', null, ['i', 'j']],
  ] as const) {
    it(sentence, () => {
      const { transform } = parse(`${WHOLE}\ntransform { T { ${options} } }`)
      assert.deepEqual([transform[0]?.output, transform[0]?.inputs], [output, inputs])
    })
  }

  it('of sources have no input, those of sinks no output', () => {
    const { source, sink } = parse('source { A { plugin_input = x } }\nsink { C { plugin_output = y } }')
    assert.deepEqual([source[0]?.inputs, sink[0]?.output], [[], null])
  })

  it('of JSON and HOCON are the same', () => {
    const hocon = parse(
      'env { job.mode = BATCH }\nsource { A { plugin_name = A, x { y = [1] } } }\ntransform { }\nsink { C { plugin_name = C } }',
    )
    const json = parse(toJsonText(hocon.root), { file: 'job.json' })
    assert.equal(toJsonText(json.root), toJsonText(hocon.root))
    assert.deepEqual(
      json.source.map((block) => block.pluginName),
      ['A'],
    )
  })
})

describe('a job document', () => {
  it('may be without env and transform', () => {
    const { env, transform, warnings } = parse(WHOLE)
    assert.deepEqual([env.entries.size, transform, warnings], [0, [], []])
  })

  it('may declare values for substitution beside the sections', () => {
    const document = parse(`rows = 5\nsource { F { row.num = \${rows} } }\nsink { C { } }`)
    assert.equal(toJsonText(document.source[0]?.options ?? document.root), '{"row.num":5,"plugin_name":"F"}')
    assert.deepEqual(document.warnings, [])
  })

  it('has its values decrypted, unless it is to stay as it is', () => {
    const text = 'env { shade.identifier = base64 }\nsource { F { password = "YQ==" } }\nsink { C { } }'
    assert.ok(toJsonText(parse(text).root).includes('"password":"a"'))
    assert.ok(toJsonText(parse(text, { decrypt: false }).root).includes('"password":"YQ=="'))
  })

  it('has variables put in before it is decrypted', () => {
    const text = 'env { shade.identifier = base64 }\nsource { F { password = "${p}" } }\nsink { C { } }'
    assert.ok(toJsonText(parse(text, { variables: new Map([['p', 'YQ==']]) }).root).includes('"password":"a"'))
  })

  it('over REST keeps placeholders and reads neither environment nor files', () => {
    const environment = new Map<string, string>()
    const text = '{"source":[{"plugin_name":"F","a":"${x:1}"}],"sink":[{"plugin_name":"C"}]}'
    const document = parse(text, { syntax: 'json', file: 'body', variables: null, environment })
    assert.ok(toJsonText(document.root).includes('"a":"${x:1}"'))
    assert.throws(() => parse('include "a.conf"', { variables: null, environment }), /'include' is not allowed/)
  })

  it('reports all faults of all sections in the order of the text', () => {
    assert.throws(
      () => parse('env = 1\nsource = [ 2, { plugin_name = "" } ]\nsink { C { plugin_input { } } }'),
      (error) =>
        error instanceof MillraceErrors &&
        error.errors.map(({ code, details }) => `${code} ${details.path} ${details.position?.line}`).join('; ') ===
          'OPTION_TYPE env 1; JOB_DEFINITION source[0] 2; PLUGIN_NAME_MISSING source[1] 2; OPTION_TYPE sink[0].plugin_input 3',
    )
  })

  it('throws one kind of error for every fault', () => {
    for (const text of ['a = ', 'a = ${b}', 'env { shade.identifier = base64 }\nsink { C { password = "!" } }', '']) {
      assert.throws(
        () => parse(text),
        (error) => error instanceof MillraceErrors,
      )
    }
  })

  it('can be read as a tree only', () => {
    const { root } = parseJobTree({
      text: 'a = 1',
      file: 'x.conf',
      variables: null,
      environment: new Map(),
      decrypt: false,
    })
    assert.equal(toJsonText(root), '{"a":1}')
  })

  it('is printed as SeaTunnel prints it', () => {
    const { root } = parse(
      'env { job.mode = BATCH }\nsource = [ { plugin_name = F, a = [1] } ]\nsink = [ { plugin_name = C, e { } } ]',
    )
    assert.equal(
      toJsonText(root, 4),
      `{
    "env" : {
        "job.mode" : "BATCH"
    },
    "source" : [
        {
            "plugin_name" : "F",
            "a" : [
                1
            ]
        }
    ],
    "sink" : [
        {
            "plugin_name" : "C",
            "e" : {}
        }
    ]
}`,
    )
  })
})

describe('env', () => {
  const read = (text: string) => readEnv(parse(`env { ${text} }\n${WHOLE}`).env)

  it('has the defaults of SeaTunnel', () => {
    const { values } = read('')
    assert.deepEqual(
      [
        values?.jobName,
        values?.jobMode,
        values?.parallelism,
        values?.jobRetryTimes,
        values?.jobRetryIntervalSeconds,
        values?.checkpointIntervalMs,
        values?.shadeIdentifier,
      ],
      ['SeaTunnel_Job', 'BATCH', 1, 3, 3, null, 'default'],
    )
  })

  it('takes flat and nested keys, texts and older names', () => {
    const { values } = read(
      'job { name = j, mode = "streaming" }, execution.parallelism = "4", checkpoint.interval = 10000, tag_filter { zone = a }',
    )
    assert.deepEqual(
      [values?.jobName, values?.jobMode, values?.parallelism, values?.checkpointIntervalMs, values?.tagFilter],
      ['j', 'STREAMING', 4, 10_000, new Map([['zone', 'a']])],
    )
  })

  it('warns once of every key that has no effect here', () => {
    const text =
      'jars = "a.jar", custom_parameters { a = 1 }, pipeline_concurrency = 2, sink.flush.interval = 5s, ' +
      'savemode.execute.location = CLIENT'
    const { faults, warnings } = read(text)
    assert.deepEqual(faults, [])
    assert.deepEqual(
      warnings.map(({ code, details }) => `${code} ${details.path}`),
      ['jars', 'custom_parameters', 'pipeline_concurrency', 'sink.flush.interval', 'savemode.execute.location'].map(
        (key) => `OPTION_NO_EFFECT env.${key}`,
      ),
    )
    assert.deepEqual(read('savemode.execute.location = cluster').warnings, [])
  })

  it('accepts the keys of other engines without a word', () => {
    assert.deepEqual(read('spark.app.name = a, flink.execution.x = b, spark { y = 1 }').warnings, [])
  })

  it('says what an unknown key could have been', () => {
    assert.deepEqual(
      read('job.nmae = a').warnings.map((warning) => warning.details.hint),
      ["did you mean 'job.name'?"],
    )
  })
})

describe('a document that was sent', () => {
  const key = new Map([[KEY_VARIABLE, '0c'.repeat(32)]])
  const shades = new ShadeRegistry(systemShadeAccess({ variables: key }))
  const encrypted = (identifier: string): string => {
    const text = `env { shade.identifier = ${identifier} }\nsource { F { } }\nsink { C { password = "open sesame" } }`
    const { root } = encryptDocument(parseHocon(text, 'job.conf'), shades)
    return /"password":"([^"]*)"/.exec(toJsonText(root))?.[1] ?? ''
  }
  const languages: readonly (readonly [JobSyntax, (identifier: string, password: string) => string])[] = [
    [
      'hocon',
      (identifier, password) =>
        `env { shade { identifier = ${identifier} } }\nsource { F { } }\nsink { C { password = "${password}", x = "\${y}" } }`,
    ],
    [
      'json',
      (identifier, password) =>
        `{"env":{"shade.identifier":"${identifier}"},"source":[{"plugin_name":"F"}],"sink":[{"plugin_name":"C","password":"${password}","x":"\${y}"}]}`,
    ],
    [
      'sql',
      (identifier, password) => `/* config
env { shade.identifier = "${identifier}" }
*/
CREATE TABLE a WITH ('connector' = 'F', 'type' = 'source');
CREATE TABLE b WITH ('connector' = 'C', 'type' = 'sink', 'password' = '${password}', 'x' = '\${y}');
INSERT INTO b SELECT * FROM a;`,
    ],
  ]
  for (const [syntax, write] of languages) {
    for (const identifier of ['base64', 'aes-256-gcm']) {
      it(`is decrypted from ${syntax} with ${identifier}, and its variables stay`, () => {
        const document = documentFromText(write(identifier, encrypted(identifier)), syntax, { shades })
        const options = document.sink[0]?.options.entries
        const value = (name: string) => {
          const node = options?.get(name)
          return node?.kind === 'string' ? node.value : null
        }
        assert.deepEqual([value('password'), value('x')], ['open sesame', '${y}'])
        assert.equal(document.redactor.text('open sesame'), '******')
        assert.equal(document.warnings.length, identifier === 'base64' ? 1 : 0)
      })

      it(`is refused from ${syntax} where ${identifier} is only said`, () => {
        assert.throws(
          () => documentFromText(write(identifier, 'open sesame'), syntax, { shades }),
          (thrown) =>
            thrown instanceof MillraceErrors &&
            thrown.errors.every(
              ({ code, message, details }) =>
                code === 'SHADE' &&
                details.path === 'sink[0].password' &&
                details.position !== undefined &&
                !message.includes('sesame'),
            ),
        )
      })
    }
  }

  it('has the members of env that were sent with it, in whichever form its own are', () => {
    const env = new Map([
      ['job.name', 'sent'],
      ['parallelism', '3'],
    ])
    for (const [text, syntax] of [
      ['env { job.name = own, parallelism = 1, job.mode = BATCH }\nsource { F { } }\nsink { C { } }', 'hocon'],
      [
        '{"env": {"job.name": "own", "job.mode": "BATCH"}, "source": [{"plugin_name": "F"}], "sink": [{"plugin_name": "C"}]}',
        'json',
      ],
    ] as const) {
      const { values, faults } = readEnv(documentFromText(text, syntax, { env }).env)
      assert.deepEqual(faults, [])
      assert.deepEqual([values?.jobName, values?.parallelism, values?.jobMode], ['sent', 3, 'BATCH'])
    }
    const none = documentFromText('source { F { } }\nsink { C { } }', 'hocon', { env })
    assert.equal(readEnv(none.env).values?.jobName, 'sent')
    assert.throws(
      () => documentFromText('env = 1\nsource { F { } }\nsink { C { } }', 'hocon', { env }),
      /'env' must be an object/,
    )
  })

  it('has the variables that were sent with it, and no others', () => {
    const text = 'a = ${?HOME}\nsource { F { one = "${x}", two = "${y:2}", three = ${x} } }\nsink { C { } }'
    const { root, source } = documentFromText(text, 'hocon', { variables: new Map([['x', '1']]) })
    const value = (key: string) => nodeText(source[0]?.options.entries.get(key) ?? root)
    assert.deepEqual(['one', 'two', 'three'].map(value), ['1', '2', '1'])
    assert.equal(root.entries.has('a'), false)
  })

  it('reads nothing of this machine', () => {
    const included = 'include "other.conf"\nsource { F { } }\nsink { C { } }'
    assert.throws(
      () => documentFromText(included, 'hocon', { shades }),
      (thrown) => thrown instanceof MillraceErrors && thrown.errors[0]?.code === 'CONFIG_INCLUDE',
    )
  })
})
