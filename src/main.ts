import { seemsToRunJob } from './cli/job-here.js'
import { runsNode } from './cli/server-class.js'
import { SpareWorker } from './runtime/spare-worker.js'
import { workerEntry } from './worker-entry.js'

// Node and REST are a bundle of their own: a command that runs a job in this process must not load them.
if (runsNode(process.argv[2])) await import('./serve.js')
else {
  // Every job takes a worker: the first one starts while this thread loads the program and plans the job.
  const spareWorker = seemsToRunJob(process.argv.slice(2)) ? new SpareWorker(workerEntry()) : undefined
  const { runProgram } = await import('./compose.js')
  await runProgram(() => Promise.reject(new Error('this program starts no node')), spareWorker)
}
