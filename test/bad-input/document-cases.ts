import { casesOf, HERE, jobWith } from './build-case.js'
import type { BadJobFile } from './job-files.js'

const SINK = 'sink { Console { } }'
const SOURCE = 'source { Fake { } }'
const laughs = Array.from({ length: 40 }, (_, index) => `a${index + 1} = [\${a${index}}, \${a${index}}]`).join('\n')

/** Documents that parse and are no job, and substitutions that fail. */
export const DOCUMENT_CASES = [
  ...casesOf('document', 'job.conf', [
    ['an empty document', `${HERE}`, 'JOB_DEFINITION', 'Source And Sink can not be null'],
    ['only comments', `# nothing\n${HERE}`, 'JOB_DEFINITION', 'Source And Sink can not be null'],
    ['no sink', `${HERE}env { }\n${SOURCE}`, 'JOB_DEFINITION', 'Source And Sink can not be null'],
    ['no source', `${HERE}env { }\n${SINK}`, 'JOB_DEFINITION', 'Source And Sink can not be null'],
    ['an empty source section', `source ${HERE}{ }\n${SINK}`, 'JOB_DEFINITION', 'Source And Sink can not be null'],
    ['an empty sink section', `${SOURCE}\nsink ${HERE}{\n}`, 'JOB_DEFINITION', 'Source And Sink can not be null'],
    ['an empty list of sources', `source = ${HERE}[]\n${SINK}`, 'JOB_DEFINITION', 'Source And Sink can not be null'],
    [
      'env is a text',
      `env = ${HERE}BATCH\n${SOURCE}\n${SINK}`,
      'OPTION_TYPE',
      "'env' must be an object, but it is a string",
    ],
    [
      'env is a list',
      `env = ${HERE}[]\n${SOURCE}\n${SINK}`,
      'OPTION_TYPE',
      "'env' must be an object, but it is a list",
    ],
    [
      'source is a text',
      `source = ${HERE}Fake\n${SINK}`,
      'JOB_DEFINITION',
      "'source' must be a list of plug-ins, but it is a string",
    ],
    [
      'sink is a number',
      `${SOURCE}\nsink = ${HERE}1`,
      'JOB_DEFINITION',
      "'sink' must be a list of plug-ins, but it is a number",
    ],
    [
      'transform is a text',
      `${SOURCE}\ntransform = ${HERE}"sql"\n${SINK}`,
      'JOB_DEFINITION',
      "'transform' must be a list",
    ],
    [
      'a plug-in is a text',
      `source { Fake = ${HERE}x }\n${SINK}`,
      'JOB_DEFINITION',
      'a source must be an object, but it is a string',
    ],
    [
      'a plug-in is a list',
      `source { Fake = ${HERE}[1] }\n${SINK}`,
      'JOB_DEFINITION',
      'a source must be an object, but it is a list',
    ],
    [
      'a plug-in in a list is a text',
      `source = [ ${HERE}Fake ]\n${SINK}`,
      'JOB_DEFINITION',
      'a source must be an object',
    ],
    [
      'a plug-in in a list has no name',
      `source = [ ${HERE}{ row.num = 1 } ]\n${SINK}`,
      'PLUGIN_NAME_MISSING',
      "The 'plugin_name' option is not configured, please configure it.",
    ],
    [
      'an empty plug-in name',
      `source { Fake { plugin_name = ${HERE}"" } }\n${SINK}`,
      'PLUGIN_NAME_MISSING',
      "The 'plugin_name' option is not configured",
    ],
    [
      'a blank plug-in name',
      `${SOURCE}\nsink { ${HERE}"  " { } }`,
      'PLUGIN_NAME_MISSING',
      "The 'plugin_name' option is not configured",
    ],
    [
      'an output that is an object',
      `source { Fake { plugin_output ${HERE}{ a = 1 } } }\n${SINK}`,
      'OPTION_TYPE',
      "option 'plugin_output' must be a name, but it is an object",
    ],
    [
      'an old output that is a list',
      `source { Fake { result_table_name = ${HERE}[a] } }\n${SINK}`,
      'OPTION_TYPE',
      "option 'result_table_name' must be a name, but it is a list",
    ],
    [
      'an input that is an object',
      `${SOURCE}\nsink { C { plugin_input ${HERE}{ } } }`,
      'OPTION_TYPE',
      "option 'plugin_input' must be a name or a list of names",
    ],
    [
      'an input list with an object',
      `${SOURCE}\nsink { C { source_table_name = [a, ${HERE}{ }] } }`,
      'OPTION_TYPE',
      "'source_table_name[1]' must be a name",
    ],
    [
      'a substitution without a value',
      `env { parallelism = ${HERE}\${rows} }`,
      'CONFIG_SUBSTITUTION',
      `substitution not resolved: '\${rows}'`,
    ],
    [
      'a nested substitution without a value',
      `env { a = ${HERE}\${env->b} }`,
      'CONFIG_SUBSTITUTION',
      `substitution not resolved: '\${env->b}'`,
    ],
    [
      'a dotted reference does not walk',
      `env { b { c = 1 }, a = ${HERE}\${env.b.c} }`,
      'CONFIG_SUBSTITUTION',
      `substitution not resolved: '\${env.b.c}'`,
    ],
    [
      'a substitution inside a text without a value',
      `env { a = x${HERE}\${b}y }`,
      'CONFIG_SUBSTITUTION',
      'substitution not resolved',
    ],
    [
      'a substitution in a list without a value',
      `env { a = [1, ${HERE}\${b}] }`,
      'CONFIG_SUBSTITUTION',
      'substitution not resolved',
    ],
    ['a substitution of itself', `a = ${HERE}\${a}`, 'CONFIG_SUBSTITUTION', `'\${a}' refers to itself`],
    ['an object that contains itself', `a { b = ${HERE}\${a} }`, 'CONFIG_SUBSTITUTION', `'\${a}' refers to itself`],
    [
      'two keys that refer to each other',
      `a = \${b}\nb = ${HERE}\${a}`,
      'CONFIG_SUBSTITUTION',
      `'\${a}' refers to itself`,
    ],
    [
      'three keys that refer to each other',
      `a = \${b}\nb = \${c}\nc = ${HERE}\${a}`,
      'CONFIG_SUBSTITUTION',
      'refers to itself',
    ],
    [
      'append to a text',
      `env { a = x, a += ${HERE}1 }`,
      'CONFIG_SUBSTITUTION',
      "'+=' needs a list, but the value before is a string",
    ],
    [
      'append to an object',
      `env { a { }, a += ${HERE}1 }`,
      'CONFIG_SUBSTITUTION',
      "'+=' needs a list, but the value before is an object",
    ],
    [
      'lists that double forty times',
      `a0 = [${'x'.repeat(100)}]\n${laughs.replace('a20 = ', `a20 = ${HERE}`)}`,
      'CONFIG_LIMIT',
      'the document expands to more than',
    ],
    [
      'a hidden value that base64 does not know',
      `env { shade.identifier = base64 }\nsource { Fake { password = ${HERE}"not base64!" } }\n${SINK}`,
      'SHADE',
      'Illegal base64 character 20',
    ],
    [
      'a hidden value that is too short',
      `env { shade.identifier = base64 }\n${SOURCE}\nsink { C { token = ${HERE}abcde } }`,
      'SHADE',
      'Last unit does not have enough valid bits',
    ],
    [
      'a hidden value in a list',
      `env { shade.identifier = base64 }\n${SOURCE}\nsink { C { auth = ["QQ==", ${HERE}"-"] } }`,
      'SHADE',
      'Illegal base64 character 2d',
    ],
    [
      'a hidden value under a key of its own',
      `env { shade.identifier = base64, shade.options = [pin] }\n${SOURCE}\nsink { C { pin = ${HERE}"~" } }`,
      'SHADE',
      'Illegal base64 character 7e',
    ],
  ]),
  ...casesOf('document', 'job.json', [
    [
      'a JSON document without source and sink',
      `${HERE}{ "env": {} }`,
      'JOB_DEFINITION',
      'Source And Sink can not be null',
    ],
    [
      'plug-ins as a JSON object',
      `{ "source": ${HERE}{ "Fake": {} }, "sink": [ { "plugin_name": "C" } ] }`,
      'JOB_DEFINITION',
      "'source' must be a list of plug-ins, but it is an object",
    ],
    [
      'a JSON plug-in without a name',
      `{ "source": [ ${HERE}{} ], "sink": [ { "plugin_name": "C" } ] }`,
      'PLUGIN_NAME_MISSING',
      "The 'plugin_name' option is not configured",
    ],
    [
      'a JSON plug-in with a null name',
      `{ "source": [ { "plugin_name": ${HERE}null } ], "sink": [ { "plugin_name": "C" } ] }`,
      'PLUGIN_NAME_MISSING',
      "The 'plugin_name' option is not configured",
    ],
  ]),
  ...casesOf(
    'document',
    'job.conf',
    [
      ['a misspelt env', `${HERE}evn { }\n${SOURCE}\n${SINK}`, 'OPTION_UNKNOWN', "section 'evn' is not known"],
      [
        'a misspelt section name',
        `${HERE}transfrom { }\n${SOURCE}\n${SINK}`,
        'OPTION_UNKNOWN',
        "section 'transfrom' is not known",
      ],
      [
        'an unknown shade',
        `env { shade.identifier = ${HERE}rot13 }\n${SOURCE}\n${SINK}`,
        'SHADE',
        "no config shade is called 'rot13'",
      ],
      [
        'several inputs in one text',
        `${SOURCE}\nsink { C { plugin_input = ${HERE}"a,b" } }`,
        'OPTION_TYPE',
        "option 'plugin_input' is a list",
      ],
    ],
    'warning',
  ),
  ...casesOf('env', 'job.conf', [
    [
      'a parallelism that is no number',
      jobWith('path = a').replace('job.mode = BATCH', `parallelism = ${HERE}two`),
      'OPTION_TYPE',
      "option 'parallelism' must be a whole number, but it is 'two'",
    ],
    [
      'a parallelism of zero',
      jobWith('path = a').replace('job.mode = BATCH', `parallelism = ${HERE}0`),
      'OPTION_INVALID',
      "option 'parallelism' must be at least 1, but it is 0",
    ],
    [
      'a parallelism beyond 32 bits',
      jobWith('path = a').replace('job.mode = BATCH', `parallelism = ${HERE}2147483648`),
      'OPTION_TYPE',
      "option 'parallelism' is out of range",
    ],
    [
      'an unknown job mode',
      jobWith('path = a').replace('BATCH', `${HERE}STREAM`),
      'OPTION_TYPE',
      'Could not parse value for enum class job.mode. Expected one of: [BATCH, STREAMING]',
    ],
    [
      'a checkpoint interval with a wrong unit',
      jobWith('path = a').replace('job.mode = BATCH', `checkpoint.interval = ${HERE}"5 weeks"`),
      'OPTION_TYPE',
      "option 'checkpoint.interval' must be a duration",
    ],
    [
      'a checkpoint interval below its limit',
      jobWith('path = a').replace('job.mode = BATCH', `checkpoint.interval = ${HERE}1`),
      'OPTION_INVALID',
      "option 'checkpoint.interval' must be at least 10",
    ],
    [
      'negative retries',
      jobWith('path = a').replace('job.mode = BATCH', `job.retry.times = ${HERE}-1`),
      'OPTION_INVALID',
      "option 'job.retry.times' must be at least 0",
    ],
    [
      'a read limit of zero',
      jobWith('path = a').replace('job.mode = BATCH', `read_limit.rows_per_second = ${HERE}0`),
      'OPTION_INVALID',
      "option 'read_limit.rows_per_second' must be at least 1",
    ],
  ]),
  ...casesOf(
    'env',
    'job.conf',
    [
      [
        'a misspelt env key',
        jobWith('path = a').replace('job.mode', `${HERE}job.mod`),
        'OPTION_UNKNOWN',
        "option 'job.mod' is not known",
      ],
      [
        'an old env key',
        jobWith('path = a').replace('job.mode = BATCH', `${HERE}execution.parallelism = 2`),
        'OPTION_DEPRECATED',
        "option 'execution.parallelism' is deprecated, use 'parallelism'",
      ],
    ],
    'warning',
  ),
]

const reserved = (name: string): BadJobFile => ({
  name: `a variable with the reserved name ${name}`,
  file: 'job.conf',
  text: jobWith('path = a'),
  variables: ['a=1', `${name}=x`],
  step: 'variables',
  level: 'error',
  code: 'CONFIG_VARIABLE',
  line: 0,
  column: 0,
  fragment: `System placeholders cannot be used. Incorrect config parameter: ${name}`,
})

/** Job variables. */
export const VARIABLE_CASES: readonly BadJobFile[] = [
  ...[
    'database_name',
    'schema_name',
    'schema_full_name',
    'table_name',
    'table_full_name',
    'primary_key',
    'unique_key',
    'field_names',
  ].map(reserved),
  {
    ...reserved('x'),
    name: 'a variable without a value',
    variables: ['rows'],
    level: 'warning',
    fragment: "variable 'rows' has no value and no effect",
  },
  ...casesOf('options', 'job.conf', [
    [
      'a variable that is no number',
      jobWith(`path = a, row.num = ${HERE}\${rows}`),
      'OPTION_TYPE',
      "option 'row.num' must be a whole number, but it is 'many'",
    ],
    [
      'a quoted variable that is no number',
      jobWith(`path = a, row.num = ${HERE}"\${rows}"`),
      'OPTION_TYPE',
      "option 'row.num' must be a whole number, but it is 'many'",
    ],
    [
      'a default that is no number',
      jobWith(`path = a, row.num = ${HERE}"\${none: few}"`),
      'OPTION_TYPE',
      "option 'row.num' must be a whole number, but it is 'few'",
    ],
    [
      'a quoted placeholder without a value',
      jobWith(`path = a, row.num = ${HERE}"\${none}"`),
      'OPTION_TYPE',
      `option 'row.num' must be a whole number, but it is '\${none}'`,
    ],
    [
      'a variable that is a list',
      jobWith(`path = a, row.num = ${HERE}\${list}`),
      'OPTION_TYPE',
      "option 'row.num' must be a whole number, but it is a list",
    ],
  ]).map((bad) => ({ ...bad, variables: ['rows=many,list=[1,2]'] })),
]

const FAKE = "CREATE TABLE f WITH ('connector' = 'Fake', 'type' = 'source');\n"
const CONSOLE = "CREATE TABLE c WITH ('connector' = 'Console', 'type' = 'sink');\n"
const INSERT = 'INSERT INTO c SELECT f;\n'

/** SQL job files. */
export const SQL_CASES = casesOf('document', 'job.sql', [
  ['an empty SQL file', `${HERE}`, 'CONFIG_SQL', 'The SQL config must contain at least one source table'],
  [
    'a SQL file with comments only',
    `${HERE}-- nothing\n/* here */\n`,
    'CONFIG_SQL',
    'The SQL config must contain at least one source table',
  ],
  [
    'a SQL file without a source',
    `${HERE}${CONSOLE}`,
    'CONFIG_SQL',
    'The SQL config must contain at least one source table',
  ],
  [
    'a SQL file without an insert',
    `${HERE}${FAKE}${CONSOLE}`,
    'CONFIG_SQL',
    'The SQL config must contain `INSERT INTO ... SELECT ...` syntax',
  ],
  [
    'two tables of one name',
    `${FAKE}CREATE TABLE ${HERE}f WITH ('connector' = 'X', 'type' = 'source');\n${CONSOLE}${INSERT}`,
    'CONFIG_SQL',
    'Table name duplicate: f',
  ],
  [
    'a select table of a used name',
    `${FAKE}${CONSOLE}CREATE TABLE ${HERE}c AS SELECT * FROM f;\n${INSERT}`,
    'CONFIG_SQL',
    'Table name duplicate: c',
  ],
  [
    'a source table without a connector',
    `CREATE TABLE ${HERE}f WITH ('type' = 'source');\n${CONSOLE}${INSERT}`,
    'CONFIG_SQL',
    'The connector of option is none',
  ],
  [
    'a sink table without a connector',
    `${FAKE}CREATE TABLE ${HERE}c WITH ('connector' = '', 'type' = 'sink');\n`,
    'CONFIG_SQL',
    'The connector of option is none',
  ],
  [
    'a table without a type',
    `CREATE TABLE ${HERE}f WITH ('connector' = 'Fake');\n`,
    'CONFIG_SQL',
    "table 'f' must have 'type' = 'source' or 'type' = 'sink'",
  ],
  [
    'a table of an unknown type',
    `CREATE TABLE ${HERE}f WITH ('connector' = 'Fake', 'type' = 'both');\n`,
    'CONFIG_SQL',
    "table 'f' must have 'type'",
  ],
  [
    'an insert with columns',
    `${FAKE}${CONSOLE}INSERT INTO c ${HERE}(a, b) SELECT a, b FROM f;`,
    'CONFIG_SQL',
    'Insert sql must not have columns',
  ],
  [
    'an insert of values',
    `${FAKE}${CONSOLE}INSERT INTO c ${HERE}VALUES (1);`,
    'CONFIG_SQL',
    'Insert sql must have select statement',
  ],
  [
    'an insert that ends early',
    `${FAKE}${CONSOLE}INSERT INTO ${HERE}c;`,
    'CONFIG_SQL',
    'Insert sql must have select statement',
  ],
  [
    'an insert from an unknown table',
    `${FAKE}${CONSOLE}INSERT INTO c SELECT * FROM ${HERE}g;`,
    'CONFIG_SQL',
    'The source table[g] is not found',
  ],
  [
    'an insert of an unknown bare table',
    `${FAKE}${CONSOLE}INSERT INTO c SELECT ${HERE}g;`,
    'CONFIG_SQL',
    'The source table[g] is not found',
  ],
  [
    'an insert from a sink',
    `${FAKE}${CONSOLE}INSERT INTO c SELECT * FROM ${HERE}c;`,
    'CONFIG_SQL',
    'The source table[c] is not found',
  ],
  [
    'an insert into an unknown table',
    `${FAKE}${CONSOLE}INSERT INTO ${HERE}d SELECT * FROM f;`,
    'CONFIG_SQL',
    'The sink table[d] is not found',
  ],
  [
    'an insert into a source',
    `${FAKE}${CONSOLE}INSERT INTO ${HERE}f SELECT * FROM f;`,
    'CONFIG_SQL',
    'The sink table[f] is not found',
  ],
  [
    'a select from an unknown table',
    `${FAKE}${CONSOLE}CREATE TABLE t AS SELECT * FROM ${HERE}g;\n${INSERT}`,
    'CONFIG_SQL',
    'The source table[g] is not found',
  ],
  [
    'a select without a table',
    `${FAKE}${CONSOLE}CREATE TABLE t AS ${HERE}SELECT 1;\n${INSERT}`,
    'CONFIG_SQL',
    'Source table must be specified in SQL: SELECT 1',
  ],
  [
    'an insert of two names without a table',
    `${FAKE}${CONSOLE}INSERT INTO c ${HERE}SELECT a, b;`,
    'CONFIG_SQL',
    'Source table must be specified in SQL',
  ],
  [
    'a subquery as the table',
    `${FAKE}${CONSOLE}INSERT INTO c SELECT * FROM ${HERE}(SELECT 1);`,
    'CONFIG_SQL',
    'Unsupported SQL syntax: INSERT INTO c SELECT * FROM (SELECT 1)',
  ],
  [
    'an update',
    `${FAKE}${CONSOLE}${HERE}UPDATE c SET a = 1;\n${INSERT}`,
    'CONFIG_SQL',
    'Unsupported SQL syntax: UPDATE c SET a = 1',
  ],
  ['a drop', `${HERE}DROP TABLE f;\n${FAKE}${CONSOLE}${INSERT}`, 'CONFIG_SQL', 'Unsupported SQL syntax: DROP TABLE f'],
  [
    'a table with columns only',
    `${HERE}CREATE TABLE f (a INT);\n`,
    'CONFIG_SQL',
    'Unsupported SQL syntax: CREATE TABLE f (a INT)',
  ],
  ['a view', `${HERE}CREATE VIEW v AS SELECT 1;`, 'CONFIG_SQL', 'Unsupported SQL syntax: CREATE VIEW v AS SELECT 1'],
  [
    'a text that the next quote closes',
    `CREATE TABLE f WITH ('connector' = 'Fake, '${HERE}type' = source');\n`,
    'CONFIG_SQL',
    "expected ',', but found 'type'",
  ],
  [
    'a text that is not closed',
    `CREATE TABLE f WITH ('connector' = ${HERE}'Fake);\n`,
    'CONFIG_SQL',
    "the ' opened here is not closed",
  ],
  [
    'a comment that is not closed',
    `${HERE}/* config\nenv { }\n`,
    'CONFIG_SQL',
    'the comment opened here is not closed',
  ],
  [
    'an option without a value',
    `CREATE TABLE f WITH ('connector' = ${HERE}, 'type' = 'source');\n`,
    'CONFIG_SQL',
    "expected a text in single quotes, but found ','",
  ],
  [
    'an option without an equals sign',
    `CREATE TABLE f WITH ('connector' ${HERE}'Fake');\n`,
    'CONFIG_SQL',
    "expected '=', but found 'Fake'",
  ],
  [
    'an unquoted option',
    `CREATE TABLE f WITH (${HERE}connector = 'Fake');\n`,
    'CONFIG_SQL',
    "expected a text in single quotes, but found 'connector'",
  ],
  [
    'options without a comma',
    `CREATE TABLE f WITH ('connector' = 'Fake' ${HERE}'type' = 'source');\n`,
    'CONFIG_SQL',
    "expected ',', but found 'type'",
  ],
  [
    'options that are not closed',
    `CREATE TABLE f WITH ('connector' = ${HERE}'Fake';\n`,
    'CONFIG_SQL',
    "expected ',', but the statement ends",
  ],
  [
    'words after the options',
    `CREATE TABLE f WITH ('connector' = 'Fake', 'type' = 'source') ${HERE}PARTITIONED;\n`,
    'CONFIG_SQL',
    "expected ';', but found 'PARTITIONED'",
  ],
  [
    'a table without a name',
    `CREATE TABLE ${HERE}'f' WITH ('connector' = 'Fake');\n`,
    'CONFIG_SQL',
    "expected a table name, but found 'f'",
  ],
  [
    'broken HOCON in the configuration comment',
    `/* config\nenv {\n  a = ${HERE}}\n*/\n${FAKE}${CONSOLE}${INSERT}`,
    'CONFIG_SYNTAX',
    "expected a value, but found '}'",
  ],
  [
    'a substitution without a value in the configuration comment',
    `/* config\nenv { a = ${HERE}\${b} }\n*/\n${FAKE}${CONSOLE}${INSERT}`,
    'CONFIG_SUBSTITUTION',
    'substitution not resolved',
  ],
  [
    'broken HOCON in an option',
    `CREATE TABLE f WITH ('connector' = 'Fake', 'type' = 'source',\n  'schema' = '{\n  fields { a = ${HERE}} }');\n${CONSOLE}${INSERT}`,
    'CONFIG_SYNTAX',
    "expected a value, but found '}'",
  ],
  [
    'broken HOCON on the line of an option',
    `CREATE TABLE f WITH ('connector' = 'Fake', 'type' = 'source', 'rows' = '[1, ${HERE}, 2]');\n${CONSOLE}${INSERT}`,
    'CONFIG_SYNTAX',
    "but found ','",
  ],
])
