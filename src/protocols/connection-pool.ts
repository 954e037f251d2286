/** What a pool needs to know of its connections. */
export interface PoolBehaviour<C> {
  connect(): Promise<C>
  /** Whether a connection can be used again. */
  isUsable(connection: C): boolean
  close(connection: C): void
  /** Says whether an open connection keeps the process alive; idle ones must not. */
  hold(connection: C, isHeld: boolean): void
}

/** After this time without use a connection is closed: servers keep few, and drop idle ones. */
const IDLE_MS = 20_000

/** Connections to one server, each used by one caller at a time and kept for the next one. */
export class ConnectionPool<C> {
  readonly #behaviour: PoolBehaviour<C>
  readonly #idle: { readonly connection: C; readonly timer: NodeJS.Timeout }[] = []

  constructor(behaviour: PoolBehaviour<C>) {
    this.#behaviour = behaviour
  }

  /** A connection that nobody else uses until it is given back. */
  async lease(): Promise<C> {
    for (let entry = this.#idle.pop(); entry !== undefined; entry = this.#idle.pop()) {
      clearTimeout(entry.timer)
      if (this.#behaviour.isUsable(entry.connection)) {
        this.#behaviour.hold(entry.connection, true)
        return entry.connection
      }
      this.#behaviour.close(entry.connection)
    }
    return this.#behaviour.connect()
  }

  /** Takes a connection back. */
  release(connection: C): void {
    if (!this.#behaviour.isUsable(connection)) {
      this.#behaviour.close(connection)
      return
    }
    this.#behaviour.hold(connection, false)
    const entry = {
      connection,
      timer: setTimeout(() => {
        const index = this.#idle.indexOf(entry)
        if (index >= 0) this.#idle.splice(index, 1)
        this.#behaviour.close(connection)
      }, IDLE_MS).unref(),
    }
    this.#idle.push(entry)
  }

  /** Runs a step with a connection of its own. */
  async use<T>(step: (connection: C) => Promise<T>): Promise<T> {
    const connection = await this.lease()
    try {
      return await step(connection)
    } finally {
      this.release(connection)
    }
  }

  /** Closes what is idle. */
  close(): void {
    for (const { connection, timer } of this.#idle.splice(0)) {
      clearTimeout(timer)
      this.#behaviour.close(connection)
    }
  }
}
