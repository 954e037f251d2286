import type { Conversion } from '../peers/conversions.js'
import type { BenchContext, Contender, Scenario } from '../types.js'
import { verifyConversion } from '../verify.js'
import { CSV_FILTER } from './03-conversions.js'
import { conversionSubject, prepareConversion } from './conversion.js'

/** The same conversion under an id of its own, for its own job file and folders. */
const CONVERSION: Conversion = { ...CSV_FILTER, id: '19' }

/** One side: the same job file, so the same output folder, on one backend. */
function onBackend(context: BenchContext, backend: 'native' | 'wasm'): Contender {
  return { ...conversionSubject(context, CONVERSION, { MILLRACE_BACKEND: backend }), name: `millrace on ${backend}` }
}

/** The WASM kernels against the native ones. */
export const wasmAgainstNative: Scenario = {
  id: CONVERSION.id,
  title: 'WASM against native, CSV → SQL filter and projection → CSV',
  measure: 'ratio',
  unit: 'rows',
  gate: 0.6,
  goal: 0.85,
  limit: '1.06 (prototype)',
  work: (context) => context.rows,
  prepare: (context) => prepareConversion(context, CONVERSION),
  subject: (context) => onBackend(context, 'wasm'),
  references: (context) => [onBackend(context, 'native')],
  verify: (context, contender) => verifyConversion(context, CONVERSION, contender.command.output),
}
