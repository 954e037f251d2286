import { runProgram } from './compose.js'
import { serveNode } from './served-node.js'

await runProgram(serveNode)
