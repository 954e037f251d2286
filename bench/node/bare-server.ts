// node bare-server.js PORT: answers every request with the same bytes, and does nothing else. What REST is held against.
import uWebSockets from 'uWebSockets.js'

/** As long as the answer about a job. */
const BODY = Buffer.from(JSON.stringify({ jobId: '7001', text: 'x'.repeat(1400) }))

uWebSockets
  .App()
  .any('/*', (response) => {
    response.onAborted(() => undefined)
    response.writeHeader('Content-Type', 'application/json').end(BODY)
  })
  .listen('127.0.0.1', Number(process.argv[2]), (socket) => {
    if (socket === false) throw new Error('the port is taken')
    console.log('ready')
  })
