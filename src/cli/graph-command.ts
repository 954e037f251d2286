import { type CommandSurface, readArguments } from './command.js'
import { type CliEnvironment, EXIT } from './environment.js'
import { ErrorReporter } from './error-report.js'
import { graphDot, graphMermaid, graphText } from './graph-text.js'
import { readJobFile } from './job-file.js'

/** Arguments of `millrace graph`. */
export const GRAPH_SURFACE: CommandSurface = {
  name: 'graph',
  summary: 'Shows what a job would run: plug-ins with their tables, fused chains, splits and lanes. Nothing is run.',
  operand: 'JOB_FILE',
  options: [
    { names: ['--variable', '-i'], kind: 'value', value: 'K=V', doc: 'Variable of the job file; may be repeated.' },
    { names: ['--json'], kind: 'flag', doc: 'As JSON.' },
    { names: ['--dot'], kind: 'flag', doc: 'As a Graphviz graph.' },
    { names: ['--mermaid'], kind: 'flag', doc: 'As a Mermaid flow chart.' },
  ],
}

/** Prints the plan of a job. @throws MillraceErrors with every fault of the job file. */
export async function graphCommand(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const given = readArguments(GRAPH_SURFACE, argv, environment)
  if (typeof given === 'number') return given
  const forms = ['--json', '--dot', '--mermaid'].filter((form) => given.has(form))
  if (forms.length > 1) {
    environment.err(`${forms.join(' and ')} are different forms: give one\n`)
    return EXIT.usage
  }
  const document = readJobFile({
    file: given.rest[0] ?? '',
    variables: given.values('--variable'),
    environment: environment.variables,
    redactor: environment.redactor,
  })
  const job = await (await environment.service()).prepare({ document })
  new ErrorReporter(environment, given.has('--json')).warnings(job.warnings)
  const graph = job.graph()
  const text = given.has('--json')
    ? `${JSON.stringify(graph, null, 2)}\n`
    : given.has('--dot')
      ? graphDot(graph)
      : given.has('--mermaid')
        ? graphMermaid(graph)
        : graphText(graph)
  environment.out(text)
  return EXIT.ok
}
