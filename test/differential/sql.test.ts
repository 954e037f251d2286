import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { parseJobFile } from '../../src/config/job-document.js'
import { JobService } from '../../src/engine/job-service.js'
import { temporaryFolder } from '../../src/files/testing.js'
import { BACKEND_VARIABLE, loadBackend } from '../../src/native/load.js'
import { PLUGINS } from '../../src/plugins.generated.js'
import type { JobOutcome } from '../../src/runtime/job-runner.js'
import { PluginRegistry } from '../../src/spi/registry.js'
import { Oracle } from './duckdb.js'

const IS_LONG = process.env.MILLRACE_TEST === 'long'
const ROWS = IS_LONG ? 1_000_000 : 100_000

/** A number from 0 to `range`, the same for a row and a salt in every run. */
const random = (salt: number, range: number): string => `(hash(i * 31 + ${salt}) % ${range})`
const nullable = (salt: number, value: string): string => `case when ${random(salt, 7)} = 0 then null else ${value} end`

/** Random rows: every column but `id` and `n` has nulls. */
const TABLE = `select
  i::int as id,
  (${random(1, 2001)}::int - 1000) as n,
  ${nullable(2, `(${random(3, 2001)}::int - 1000)`)} as a,
  ${nullable(4, `(${random(5, 201)}::int - 100)`)} as b,
  ${nullable(6, `(${random(7, 2_000_000_000_000)}::bigint - 1000000000000)`)} as l,
  ${nullable(8, `(${random(9, 4001)}::int - 2000) / 8.0::double`)} as d,
  ${nullable(10, `((${random(11, 200_001)}::int - 100000) / 100)::decimal(12, 2)`)} as p,
  ${nullable(12, `(['alpha', 'Beta', 'gamma ray', 'delta', ' epsilon ', 'Zürich', '漢字', 'a,b', ''])[1 + ${random(13, 9)}::int]`)} as s,
  ${nullable(14, `(${random(15, 100_000)})::varchar`)} as digits,
  ${nullable(16, `date '1990-01-01' + ${random(17, 20_000)}::int`)} as born,
  ${nullable(18, `timestamp '1990-01-01 00:00:00' + to_seconds(${random(19, 1_000_000_000)}::int)`)} as moment,
  ${nullable(20, `${random(21, 2)} = 0`)} as flag
from range(${ROWS}) as r(i)`

/** Queries that mean the same in both dialects; the second text is DuckDB's where it is spelled otherwise. */
const QUERIES: readonly (readonly [name: string, sql: string, duckdb?: string])[] = [
  [
    'whole numbers',
    'select id, a + b as x1, a - n as x2, a * b as x3, -a as x4, n % 7 as x5, l + n as x6, l * 3 as x7 from t',
  ],
  [
    'division cuts toward zero',
    'select id, n / 7 as x1, a / 3 as x2, l / 1000 as x3 from t',
    'select id, n // 7 as x1, a // 3 as x2, l // 1000 as x3 from t',
  ],
  ['doubles', 'select id, d + a as x1, d * d as x2, d / 3.0 as x3, d - 0.5 as x4, -d as x5 from t'],
  ['decimals of one scale', 'select id, p + p as x1, p - p as x2, -p as x3, abs(p) as x4 from t'],
  [
    'comparisons keep the rows that are known to hold',
    "select id from t where (a < b and n >= -500) or (d > 100.5 and s = 'Beta') or l <= 0",
  ],
  [
    'comparisons of texts and days',
    "select id from t where s > 'b' and born >= date '2010-05-05' and moment < timestamp '2015-01-01 00:00:00'",
  ],
  [
    'lists',
    "select id from t where n in (1, 2, 3, 5, 8, 13, 21, 34) or s in ('alpha', 'Zürich') or (a is not null and a not in (1, 2))",
  ],
  [
    'patterns with wildcards moment the edges',
    "select id from t where s like '%a' or s like 'g%' or s like '%psi%' or s like '_lpha'",
  ],
  [
    'choices',
    `select id, case when n < -500 then 'low' when n < 500 then 'middle' else 'high' end as x1,
      case b when 1 then 'one' when 2 then 'two' end as x2, coalesce(a, b, n) as x3, nullif(a, b) as x4,
      case when a is null then 'none' when d is not null then 'both' else 'one' end as x5 from t`,
  ],
  [
    'texts',
    `select id, upper(s) as x1, lower(s) as x2, replace(s, 'a', 'oo') as x3, ltrim(s) as x4, rtrim(s) as x5, trim(s) as x6,
      concat(s, '-', digits, '-', a) as x7, concat_ws('/', s, digits) as x8, lpad(digits, 7, '0') as x9,
      rpad(digits, 4, '.') as x10, repeat(digits, 2) as x11, left(digits, 2) as x12, right(digits, 3) as x13 from t`,
  ],
  [
    'lengths and positions',
    `select id, char_length(s) as x1, octet_length(s) as x2, locate('a', s) as x3, instr(digits, '7') as x4,
      substring(concat('x', digits), 1, 2) as x5 from t where s is not null and digits is not null`,
    `select id, length(s) as x1, strlen(s) as x2, strpos(s, 'a') as x3, instr(digits, '7') as x4,
      substring(concat('x', digits), 1, 2) as x5 from t where s is not null and digits is not null`,
  ],
  [
    'digests and encodings',
    `select id, md5(s) as x1, mask_hash(s) as x2, to_base64(s) as x3, from_base64(to_base64(s)) as x4 from t`,
    `select id, md5(s) as x1, sha256(s) as x2, base64(encode(s)) as x3, s as x4 from t`,
  ],
  [
    'regular expressions',
    `select id, regexp_replace(s, '[aeiou]+', '<$0>') as x1, regexp_like(s, '^[A-Z]') as x2, regexp_replace(digits, '([0-9])([0-9])', '$2$1') as x3
      from t`,
    `select id, regexp_replace(s, '[aeiou]+', '<\\0>', 'g') as x1, regexp_matches(s, '^[A-Z]') as x2,
      regexp_replace(digits, '([0-9])([0-9])', '\\2\\1', 'g') as x3 from t`,
  ],
  [
    'rounding',
    'select id, round(d) as x1, floor(d) as x2, ceil(d) as x3, trunc(d) as x4, abs(a) as x5, sign(n) as x6, mod(n, 7) as x7 from t',
  ],
  ['roots and powers', 'select id, sqrt(n * n) as x1, power(b, 2) as x2, pi() as x3, radians(0 * n) as x4 from t'],
  [
    'casts',
    `select id, cast(a as string) as x1, cast(digits as int) as x2, cast(n as bigint) as x3, cast(n as double) as x4,
      try_cast(s as int) as x5, cast(p as string) as x6, cast(flag as string) as x7, cast(born as timestamp) as x8, cast(moment as date) as x9,
      hour(cast(moment as time)) as x10, cast(digits as double) as x11, cast(n as decimal(10, 2)) as x12 from t`,
    `select id, a::varchar as x1, digits::int as x2, n::bigint as x3, n::double as x4, try_cast(nullif(trim(s), '') as int) as x5,
      p::varchar as x6, flag::varchar as x7, born::timestamp as x8, moment::date as x9, hour(moment) as x10, digits::double as x11,
      n::decimal(10, 2) as x12 from t`,
  ],
  [
    'parts of dates and times',
    `select id, year(born) as x1, quarter(moment) as x2, month(moment) as x3, day_of_month(born) as x4, day_of_year(born) as x5,
      day_of_week(moment) as x6, hour(moment) as x7, minute(moment) as x8, second(moment) as x9, dayname(born) as x10, monthname(moment) as x11,
      extract(dow from moment) as x12, extract(isoyear from born) as x13, extract(decade from born) as x14, extract(century from moment) as x15,
      extract(epoch from moment) as x16, extract(milliseconds from moment) as x17 from t`,
    `select id, year(born) as x1, quarter(moment) as x2, month(moment) as x3, day(born) as x4, dayofyear(born) as x5, isodow(moment) as x6,
      hour(moment) as x7, minute(moment) as x8, second(moment) as x9, dayname(born) as x10, monthname(moment) as x11, dayofweek(moment) as x12,
      isoyear(born) as x13, decade(born) as x14, century(moment) as x15, epoch(moment) as x16, millisecond(moment) as x17 from t`,
  ],
  [
    'arithmetic of dates',
    `select id, dateadd(born, n) as x1, dateadd(born, b, 'MONTH') as x2, dateadd(moment, b, 'YEAR') as x3, dateadd(moment, n, 'MINUTE') as x4,
      datediff(born, cast(moment as date)) as x5, datediff(moment, timestamp '2020-01-01 00:00:00', 'SECOND') as x6,
      date_trunc(moment, 'MONTH') as x7, date_trunc(moment, 'HOUR') as x8, formatdatetime(moment, 'yyyy-MM-dd HH:mm') as x9 from t`,
    `select id, (born + to_days(n))::date as x1, (born + to_months(b))::date as x2, moment + to_years(b) as x3, moment + to_minutes(n) as x4,
      datediff('day', born, moment::date) as x5, datesub('second', moment, timestamp '2020-01-01 00:00:00') as x6,
      date_trunc('month', moment)::timestamp as x7, date_trunc('hour', moment) as x8, strftime(moment, '%Y-%m-%d %H:%M') as x9 from t`,
  ],
  [
    'texts read as dates and times',
    "select id, to_date(formatdatetime(born, 'yyyy/MM/dd'), 'yyyy/MM/dd') as x1, parsedatetime(to_char(moment, 'yyyy-MM-dd HH:mm:ss'), 'yyyy-MM-dd HH:mm:ss') as x2 from t",
    'select id, born as x1, moment as x2 from t',
  ],
  [
    'views of arrays',
    "select id, n, digits from t lateral view explode(array(n, id, 7)) as element lateral view outer explode(split(digits, '1')) as piece",
    `select id, n, digits, element, piece from (select id, n, unnest([n, id, 7]) as element, digits from t) as u,
      lateral (select unnest(case when digits is null then [null] when regexp_replace(digits, '1+$', '') = '' and digits <> ''
        then [''] else string_split(regexp_replace(digits, '1+$', ''), '1') end) as piece)`,
  ],
]

type BackendKind = 'native' | 'wasm'

async function run(sql: string, input: string, folder: string, backend: BackendKind): Promise<JobOutcome> {
  const service = new JobService({
    registry: new PluginRegistry(PLUGINS),
    backend: () => loadBackend(backend),
    workerEntry: new URL('../../src/worker.js', import.meta.url),
    now: () => Date.UTC(2024, 0, 31),
    zone: 'UTC',
    workers: 2,
  })
  const document = parseJobFile({
    text: `
source { LocalFile { plugin_output = t, path = "${input}", file_format_type = parquet } }
transform { Sql { plugin_input = [t], plugin_output = u, query = """${sql}""" } }
sink { LocalFile { plugin_input = [u], path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = parquet } }`,
    file: 'job.conf',
    variables: new Map(),
    environment: new Map(),
  })
  // Workers load their kernels themselves, as the variable says.
  process.env[BACKEND_VARIABLE] = backend
  return (await service.prepare({ document })).run()
}

describe(`queries over ${ROWS} random rows give what DuckDB gives`, () => {
  let oracle: Oracle
  before(async () => {
    oracle = await Oracle.open()
  })
  after(() => oracle.close())

  const backends: readonly BackendKind[] = process.env.MILLRACE_TEST === 'fast' ? ['native'] : ['native', 'wasm']
  for (const backend of backends) {
    for (const [name, sql, duckdb = sql] of QUERIES) {
      it(`${name}, ${backend}`, async (test) => {
        const folder = temporaryFolder(test)
        await oracle.keep('t', TABLE)
        await oracle.write('t', `${folder}/t.parquet`)
        const outcome = await run(sql, `${folder}/t.parquet`, folder, backend)
        const errors = outcome.errors.map((error) => `${error.code} ${error.message}`)
        assert.deepEqual([outcome.status, errors], ['FINISHED', []])
        await oracle.keep('expected', duckdb)
        await oracle.keep('result', `select * from read_parquet('${folder}/out/*.parquet')`)
        await oracle.castLike('result', 'expected')
        const comparison = await oracle.compare('result', 'expected', false)
        assert.equal(comparison.different, 0, comparison.samples.join('\n'))
        assert.equal(comparison.rows, comparison.expectedRows)
      })
    }
  }
})
