import { standingData } from '../data.js'
import {
  FILTER_SELECT,
  FILTER_WHERE,
  fileSink,
  fileSource,
  jobCommand,
  jobText,
  outputFolder,
  writeJob,
} from '../jobs.js'
import { type Conversion, contenders } from '../peers/conversions.js'
import type { BenchContext, Contender, Scenario } from '../types.js'
import { verifyConversion } from '../verify.js'

/** What the goal table says of one conversion. */
export interface ConversionGoal extends Conversion {
  readonly title: string
  readonly gate: number
  readonly goal: number
  readonly limit: string
}

/** The run of a conversion by the program under test. */
export function conversionSubject(
  context: BenchContext,
  conversion: Conversion,
  env: Record<string, string> = {},
): Contender {
  const output = outputFolder(context, conversion.id, 'millrace')
  return { name: 'millrace', command: jobCommand(context, conversion.id, output, env) }
}

/** Makes the standing file of a conversion and its job file. */
export async function prepareConversion(context: BenchContext, conversion: Conversion): Promise<void> {
  await standingData(context, conversion.from)
  const sql = conversion.filter ? `select ${FILTER_SELECT} from standing where ${FILTER_WHERE}` : null
  const sink = fileSink(outputFolder(context, conversion.id, 'millrace'), conversion.to)
  writeJob(context, conversion.id, jobText(fileSource(context, conversion.from), sql, sink))
}

/** A scenario that converts the standing file and compares with every peer of the run. */
export function conversionScenario(goal: ConversionGoal): Scenario {
  return {
    id: goal.id,
    title: goal.title,
    measure: 'ratio',
    unit: 'rows',
    gate: goal.gate,
    goal: goal.goal,
    limit: goal.limit,
    work: (context) => context.rows,
    prepare: (context) => prepareConversion(context, goal),
    subject: (context) => conversionSubject(context, goal),
    references: (context) => contenders(context, goal),
    verify: (context, contender) => verifyConversion(context, goal, contender.command.output),
  }
}
