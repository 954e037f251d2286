import { runsNode } from './cli/server-class.js'
import { SpareWorker } from './runtime/spare-worker.js'
import { workerEntry } from './worker-entry.js'

// Node and REST are a bundle of their own: a command that runs a job in this process must not load them.
if (runsNode(process.argv[2])) await import('./serve.js')
else {
  // Every job takes a worker: the first one starts while this thread loads the program and plans the job.
  const spareWorker = process.argv[2] === 'run' ? new SpareWorker(workerEntry()) : undefined
  const { runProgram } = await import('./compose.js')
  await runProgram(() => Promise.reject(new Error('this program starts no node')), spareWorker)
}
