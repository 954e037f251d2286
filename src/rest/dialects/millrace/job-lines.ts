/** How a line of the node's own log starts: with the id of the job that it is about, or with nothing between the brackets. */
const START = /^\[(-?\d*)\] /

/**
 * Lines of one job out of a log that has those of all. A line that starts with no bracket goes on with the one before it.
 *
 * @source SeaTunnel `config/log4j2.properties`: the pattern `[%X{ST-JID}] %d …`
 */
export class JobLines {
  readonly #jobId: string
  #isOwn = false
  #rest = ''
  readonly #decoder = new TextDecoder()

  constructor(jobId: string) {
    this.#jobId = jobId
  }

  /** The job's lines of one piece; a line that is not complete yet is kept back. */
  take(piece: Uint8Array): string {
    const lines = (this.#rest + this.#decoder.decode(piece, { stream: true })).split('\n')
    this.#rest = lines.pop() ?? ''
    return lines
      .filter((line) => this.#belongs(line))
      .map((line) => `${line}\n`)
      .join('')
  }

  #belongs(line: string): boolean {
    const id = START.exec(line)?.[1]
    if (id !== undefined) this.#isOwn = id === this.#jobId
    return this.#isOwn
  }
}

/** The job's lines of a log that is followed. */
export async function* jobLines(log: AsyncIterable<Uint8Array>, jobId: string): AsyncGenerator<string> {
  const lines = new JobLines(jobId)
  for await (const piece of log) {
    const own = lines.take(piece)
    if (own !== '') yield own
  }
}
