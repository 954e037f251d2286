import type { Scenario } from '../types.js'
import { verifyConversion } from '../verify.js'
import { CSV_TO_PARQUET } from './03-conversions.js'
import { conversionSubject, prepareConversion } from './conversion.js'

/** Peak memory of CSV → Parquet. */
export const memory: Scenario = {
  id: '17',
  title: 'peak memory of CSV → Parquet',
  measure: 'peakMegabytes',
  unit: 'rows',
  gate: 350,
  goal: 200,
  limit: '182 MB (prototype)',
  work: (context) => context.rows,
  prepare: (context) => prepareConversion(context, CSV_TO_PARQUET),
  subject: (context) => conversionSubject(context, CSV_TO_PARQUET),
  references: () => [],
  verify: (context, contender) => verifyConversion(context, CSV_TO_PARQUET, contender.command.output),
}
