import { runsNode } from './cli/server-class.js'

// Node and REST are a bundle of their own: a command that runs a job in this process must not load them.
if (runsNode(process.argv[2])) await import('./serve.js')
else {
  const { runProgram } = await import('./compose.js')
  await runProgram(() => Promise.reject(new Error('this program starts no node')))
}
