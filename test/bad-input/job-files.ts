import { option, optionSpec } from '../../src/config/option.js'
import { bundled, exactlyOneOf, requiredWhen, requiredWhenAll, singleChoice } from '../../src/config/option-rule.js'
import type { ErrorCode } from '../../src/core/error.js'
import { DOCUMENT_CASES, SQL_CASES, VARIABLE_CASES } from './document-cases.js'
import { OPTION_CASES, SCHEMA_CASES } from './option-cases.js'
import { JSON_CASES, SYNTAX_CASES } from './syntax-cases.js'

/** A job document that is wrong in one way, and what must be said about it. */
export interface BadJobFile {
  readonly name: string
  /** Its suffix tells the language. */
  readonly file: 'job.conf' | 'job.json' | 'job.sql'
  readonly text: string
  /** `-i` arguments. */
  readonly variables: readonly string[]
  /** The first step that can see the fault. */
  readonly step: BadJobStep
  readonly level: 'error' | 'warning'
  readonly code: ErrorCode
  /** 0 when the fault is not in the document, but in a `-i` argument. */
  readonly line: number
  readonly column: number
  /** Part of the message. */
  readonly fragment: string
}

/** `options` and `schema` need the sample plug-in below; the others need no plug-in. */
export type BadJobStep = 'variables' | 'document' | 'env' | 'options' | 'schema'

/** The options of the plug-in `Sample`, which the cases of the steps `options` and `schema` configure. */
export const SAMPLE_SPEC = optionSpec({
  options: {
    path: option.string('path', { doc: 'A text.', required: true }),
    rows: option.int('row.num', { doc: 'A number.', default: 5, min: 0, max: 1000 }),
    size: option.long('size', { doc: 'A long number.' }),
    big: option.bigint('big', { doc: 'A number of 64 bits.' }),
    ratio: option.double('ratio', { doc: 'A fraction.', min: 0, max: 1 }),
    weight: option.float('weight', { doc: 'A short fraction.' }),
    header: option.boolean('header', { doc: 'A truth value.', default: false }),
    pause: option.durationMs('pause', { doc: 'A duration.' }),
    format: option.enumeration('format', ['TEXT', 'JSON', 'CSV'], { doc: 'A choice.', default: 'JSON' }),
    kinds: option.enumList('kinds', ['INSERT', 'DELETE'], { doc: 'Choices.' }),
    names: option.stringList('names', { doc: 'Texts.', fallback: ['old_names'] }),
    numbers: option.list('numbers', option.int('', { doc: '' }).type, { doc: 'Numbers.' }),
    settings: option.map('settings', { doc: 'Free settings.' }),
    login: option.string('login', { doc: 'A name.' }),
    password: option.int('password', { doc: 'A secret number.', secret: true }),
    delimiter: option.string('delimiter', { doc: 'Needed for TEXT and CSV.' }),
    quote: option.string('quote', { doc: 'Needed for TEXT with a header.' }),
    query: option.string('query', { doc: 'This or table.' }),
    table: option.string('table', { doc: 'This or query.', default: 'all' }),
    level: option.int('level', { doc: '1, 2 or 4.' }),
    nested: option.object(
      'nested',
      { options: { depth: option.int('depth', { doc: 'A number.', required: true }) } },
      { doc: 'A group.' },
    ),
    parts: option.objectList(
      'parts',
      {
        options: {
          id: option.int('id', { doc: 'A number.', required: true }),
          kind: option.enumeration('kind', ['A', 'B'], { doc: 'A choice.', default: 'A' }),
        },
      },
      { doc: 'Groups.' },
    ),
    schema: option.node('schema', { doc: 'Columns.' }),
  },
  rules: [
    bundled('login', 'password'),
    exactlyOneOf('query', 'table'),
    requiredWhen('format', ['TEXT', 'CSV'], 'delimiter'),
    requiredWhenAll(
      [
        { option: 'format', oneOf: ['TEXT'] },
        { option: 'header', oneOf: [true] },
      ],
      'quote',
    ),
    singleChoice('level', [1, 2, 4]),
  ],
})

/** All cases. */
export const BAD_JOB_FILES: readonly BadJobFile[] = [
  ...SYNTAX_CASES,
  ...JSON_CASES,
  ...DOCUMENT_CASES,
  ...VARIABLE_CASES,
  ...SQL_CASES,
  ...OPTION_CASES,
  ...SCHEMA_CASES,
]
