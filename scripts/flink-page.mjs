// Makes the page about the REST API of Flink from the table of its operations.
import { NOTE } from './doc-page.mjs'

/** Fidelities in the order of the page. */
const KINDS = ['exact', 'approximated', 'constant', 'not yet']

/**
 * The page about the operations.
 *
 * @param {readonly any[]} operations of `src/rest/dialects/flink/operations.ts`
 * @returns {string}
 */
export function flinkPage(operations) {
  const documented = operations.filter(({ isUndocumented }) => !isUndocumented)
  const counts = KINDS.map((kind) => `${documented.filter(({ fidelity }) => fidelity === kind).length} ${kind}`)
  const order = (list) =>
    list.toSorted((left, right) => (`${left.path} ${left.method}` < `${right.path} ${right.method}` ? -1 : 1))
  const table = (list) =>
    [
      '| operation | what it is | how near | note | role |',
      '| --- | --- | --- | --- | --- |',
      ...order(list).map(({ method, path, summary, fidelity, note, access }) => {
        return `| \`${method} ${path}\` | ${summary} | ${fidelity} | ${note.replaceAll('|', '\\|')} | ${access} |`
      }),
    ].join('\n')
  return `${NOTE}

# REST API of Flink

A node answers the REST monitoring API of Flink about its own jobs, for tools that speak it: on a port of its own, 8081, where that is free, and
below \`/flink\` on the other ports. Settings are in \`seatunnel.yaml\`:

\`\`\`yaml
millrace:
  flink:
    enabled: true
    port: 8081
    profile: '2.1'
    access-control-allow-origin: '*'
\`\`\`

\`enabled: true\` keeps a node from starting where the port is taken, \`enabled: false\` (\`millrace serve --flink-port off\`) turns the API off.
Paths may begin with \`/v1\`. \`profile\` chooses the line of Flink whose answers are given: \`2.1\` (2.0 to 2.2) or \`1.20\`. Pages of other
origins may read answers only where \`access-control-allow-origin\` allows it, which Flink does for all. Roles are those of
[Who reaches a node](access.md).

| of Flink | here |
| --- | --- |
| job id | the one that a package was run with, else 16 zeros and the 64 bits of the job's number as hexadecimal digits: job 733584788375666689 is \`00000000000000000a2e377a73c30001\` |
| jar | a [job package](#job-packages) |
| vertex | a source, a sink, or the chain of transforms between two of them |
| job manager and task manager | both are the node |
| savepoint path | the folder of a [savepoint](checkpoints.md#savepoints) as \`file:/…\`; \`millrace:/jobs/ID/checkpoints/N\` for a checkpoint in the node's own store, which may be retired |

What is not known is said as Flink says it: \`-1\` for times, \`0\` with \`…-complete: false\` for counters, \`NaN\` for busy time; a metric that is
not measured is not listed. Differences from recorded answers: [Where Millrace differs](compatibility.md#recorded-answers-of-flink-that-differ).

## Using Flink's dashboard

The dashboard that Flink ships works against a node. Its files are no part of Millrace; they are the folder \`web\` of the jar
\`flink-runtime-web\`. Versions 2.0 to 2.2 go with profile \`2.1\`, version 1.20 with profile \`1.20\`:

\`\`\`
mvn -q org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \\
    -Dartifact=org.apache.flink:flink-runtime-web:2.2.1 -DoutputDirectory=. -Dmdep.useBaseVersion=true
unzip -q flink-runtime-web-2.2.1.jar 'web/*'
millrace serve --flink-dashboard web
\`\`\`

It is at \`http://127.0.0.1:8081/\`, and at \`http://127.0.0.1:5801/flink/\`: its addresses are relative, so any address in front of them works.
\`millrace.flink.dashboard\` in \`seatunnel.yaml\` is the same as the option. \`node scripts/flink-tools.mjs dashboard\` fetches the files into
\`.cache\` of a checkout and prints where they are.

- Whoever may read jobs may read the files; with authentication a browser asks for name and password once.
- Files outside of the folder, hidden ones, and links that lead out of it are not served. Files may be replaced while the node runs.
- Addresses of logs (\`…/log-url\`) are pages of the dashboard where it is served.

## What is measured

| of Flink | here |
| --- | --- |
| \`read-…\` of a source, \`write-…\` of a sink | rows and bytes taken from the outside, and accepted by it; Flink's own sources and sinks have 0 there. What leaves a source is what it read, what a sink gets is what it wrote |
| \`read-…\`, \`write-…\` of transforms | rows that enter the chain of transforms, and rows that leave it |
| bytes | SeaTunnel's size of values, as in its own REST API and in \`/metrics\` |
| numbers of a vertex | over all attempts; what an attempt did again behind a checkpoint counts once. They are the job's numbers of SeaTunnel's REST API |
| numbers of a subtask, all times | of one attempt. The last 16 attempts are kept with the job, those of single subtasks while there are no more than 1024 of them |
| rates, back pressure | over the last minute, or since the attempt began |
| \`numBuffersOut\` | batches that left a task; for a sink, runs of rows that it wrote |

A worker takes a piece of input from the source through the transforms into the sinks in one go, so that at any moment one vertex works for it.
That vertex is **busy**. Those in front of it are **back-pressured**: they have rows that they cannot give away. Those behind it, or beside it in
another branch, are **idle**, and all are while the source waits for the outside, for its next split or for its read limit. While rows wait until
those before them are written, or for a checkpoint, the source and the transforms are back-pressured and the sinks idle. For every subtask the
three add up to 1000 ms in a second. Where several workers serve one subtask, their time is scaled to fit into it; while none does, it is idle. The
WebAssembly build cannot tell who works within one of its calls: all vertices in it are busy meanwhile.

Where rows of several sources meet, SeaTunnel draws a way of its own from each source to each sink, with its blocks repeated; rows are counted at
the first vertex of a block that has them, and its repetitions have \`…-complete: false\`.

## Where the threads are

| | |
| --- | --- |
| flame graph of a vertex | the first request for any vertex of a job begins 100 samples of every worker thread, 50 ms apart; until they are there it is \`-3\`. They are shown for a minute, and taken anew when somebody asks then; after ten minutes without a request they are forgotten |
| whose sample it is | a thread works for all vertices of a job in turn. A sample belongs to the vertex and subtask that the thread worked for at that moment, within one fused call too: the values of all vertices together are the samples that were taken |
| frames | \`file.function:line\` of JavaScript, with the line where the function begins; below it \`crate::module::function\` of the kernels, and \`library.function\` of others |
| on and off the processor | what the operating system says of the thread at that moment: running or ready to, or waiting |
| thread dump | every thread of the process with its processor time; those that work for jobs, called \`mr-worker-N\`, with their vertex and subtask, and with the calls of one sample |
| profiler | the task manager's profile is of the threads that work for jobs, the job manager's of the thread that answers clients, of which JavaScript alone is known. \`CPU\` and \`ITIMER\` count threads that run, \`WALL\` those that wait as well, 50 times in a second; \`ALLOC\` and \`LOCK\` fail and say why. One profile at a time, of at most 300 seconds. The last ten of each are kept for a day as \`profiles/*.html\` in the data folder: pages that load nothing |
| where there are none | flame graphs are \`-2\` with the WASM build of the kernels, and on other systems than Linux on x86-64 and arm64; profiles show JavaScript alone there |
| what it costs | nothing before somebody asks. A sample takes a thread some ten microseconds; V8's own profiler runs meanwhile |

\`flink.flame-graphs: false\` and \`flink.profiler: false\` below \`millrace\` turn them off: the answer is \`-2\`, and 404. Taking a profile is for those
who may operate the node; reading it is for all who may read. Functions have names and no data in them.

## Command line and programs

Flink's command line and Java clients of the lines 2.x (profile \`2.1\`) and 1.20 (profile \`1.20\`) work unchanged:

\`\`\`
flink list -m 127.0.0.1:8081 -a
flink savepoint -m 127.0.0.1:8081 00000000000000000a2e377a73c30001
flink stop -m 127.0.0.1:8081 00000000000000000a2e377a73c30001
\`\`\`

\`list\`, \`savepoint\`, \`checkpoint\`, \`stop\` and \`cancel\` do what they say, \`info\` asks nobody, \`run\` is refused: a program for a JVM cannot run here. A
token is given with \`FLINK_REST_CLIENT_HEADERS='Authorization:Bearer TOKEN'\`, a line for each header. Programs use \`RestClusterClient\` with
\`rest.address\` and \`rest.port\`.

## OpenAPI and the typed client

\`/openapi.json\` describes these operations with the shape of every answer, body and parameter, for the profile of the node; clients can be
generated from it. (\`/openapi.json\` of the other ports describes everything that is served, \`/flink/openapi.json\` this part alone.)

For TypeScript and JavaScript there is a client with the same shapes as types. It needs only \`fetch\`:

\`\`\`ts
import { flinkClient } from 'millrace/flink-client'

const client = flinkClient('http://127.0.0.1:8081', { token: process.env.TOKEN })
const { jobs } = await client.call('GET /jobs/overview')
for (const { jid: jobid, state } of jobs) {
  if (state !== 'RUNNING') continue
  const { 'request-id': triggerid } = await client.call('POST /jobs/:jobid/savepoints', { jobid })
  const { location } = await client.result('GET /jobs/:jobid/savepoints/:triggerid', { jobid, triggerid })
  console.log(jobid, location)
}
\`\`\`

\`call\` takes the parts of the path by name, and \`query\`, \`body\` or \`file\` where the operation has them. \`result\` asks until an operation is over. A
refusal is a \`FlinkApiError\` with \`status\` and \`errors\`, an operation that failed a \`FlinkOperationError\`.

## Job packages

What Flink's clients call a jar is here a *job package*: a zip archive, called \`NAME.jar\`, with a job configuration and the files that it reads.
A configuration alone does too. There is no Java in it, and a jar with a program for the JVM is kept and listed, but refused when it is run.

\`\`\`
# Copies the orders of the package that are large enough.
env { job.name = orders }
source { LocalFile { path = "data/orders.csv", file_format_type = csv, schema { fields { id = int, total = double } } } }
transform { Sql { query = "select * from dual where total >= \${least:0}" } }
sink { LocalFile { path = "\${out}", file_format_type = parquet } }
\`\`\`

\`\`\`sh
zip orders.jar job.conf data/orders.csv
curl -F jarfile=@orders.jar http://localhost:8081/jars/upload
# {"filename":"/packages/8f6b…_orders.jar","status":"success"}
curl -H 'Content-Type: application/json' http://localhost:8081/jars/8f6b…_orders.jar/run \\
  -d '{"programArgsList": ["--out", "/data/orders", "-Dleast=100"], "parallelism": 2}'
# {"jobid":"00000000000000000a2e377a73c30001"}
\`\`\`

The page *Submit New Job* of Flink's dashboard does the same: *Add New*, then for the package the entry class (which configuration), the
program arguments, the parallelism, and *Submit*; *Show Plan* shows the graph. It is there for users with the role \`submit\`.

| | |
| --- | --- |
| configurations | what \`program-class\` or \`Main-Class\` of the manifest names, else \`*.conf\`, \`*.json\` and \`*.sql\` at the root and in \`config/\`; the comment at its beginning describes it. The entry class of a request names one, and has to where there are several |
| program arguments | variables of \`\${name}\` and \`\${name:default}\`: \`name=value\`, \`--name value\`, \`-Dname=value\`, \`-i name=value\` |
| files | a path without a root is first looked for in the package. Its files are only read; what is written goes where [jobs over REST](access.md) may write. They stay until the last job that was run from the package has ended, also when the package is deleted, and are found again when the node starts again |
| \`flinkConfiguration\` | \`pipeline.name\`, \`parallelism.default\`, \`execution.runtime-mode\`, \`execution.checkpointing.interval\`, \`.timeout\` and \`.min-pause\`, \`restart-strategy\` (none, fixed delay), \`execution.state-recovery.*\` hold; \`client.heartbeat.timeout\` does where \`execution.attached\` and \`execution.shutdown-on-attached-exit\` are true. The rest is shown with the job and has no effect, of which the job's first warning tells |
| \`jobId\` | becomes the id of the job; 409 when a job has it |
| \`savepointPath\` | a folder with a savepoint, or \`millrace:/jobs/ID/checkpoints/ID\` |
| archives | at most 10,000 entries, 1 GiB of contents, packed to a hundredth at best; no links, no encryption, no double names, no names that lead out, names in UTF-8. Another archive is kept, has no configurations, and says why when it is run |
| room | \`packages.max-file-size-mb\` (256) for one, \`packages.max-total-size-mb\` (2048) for all with what is unpacked of them, below \`millrace\` |

\`flink.submit: false\` takes all of this away: the operations answer 404, and the dashboard has no page for it.

## The ${documented.length} operations of Flink's documentation

${counts.join(', ')}. What is not there yet answers 501.

${table(documented)}

## What clients call beside them

${table(operations.filter(({ isUndocumented }) => isUndocumented))}
`
}
