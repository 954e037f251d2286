import type { JobControl } from './control.js'

/** Thrown inside a worker when its job is being stopped; never shown to a user. */
export class JobAborted extends Error {
  override readonly name = 'JobAborted'
}

/** Place of a morsel in the order of its lane. */
export interface MorselPosition {
  /** Index of the split in the lane. */
  readonly split: number
  /** Index of the morsel in the split. */
  readonly morsel: number
}

/**
 * The order of one lane: a pointer to the morsel whose turn it is. A morsel waits for its turn, does what must happen in order,
 * and passes the turn on.
 */
export class Turns {
  readonly buffer: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #control: JobControl

  constructor(control: JobControl, buffer: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.#control = control
    this.buffer = buffer
    this.#words = new Int32Array(buffer)
  }

  /** Whose turn it is: what is before is done, what is behind has not begun to. */
  get position(): MorselPosition {
    return { split: Atomics.load(this.#words, 0), morsel: Atomics.load(this.#words, 1) }
  }

  /**
   * Blocks until it is the morsel's turn. `whileWaiting` is called whenever the worker wakes up without having the turn.
   *
   * @throws JobAborted when the job is stopped meanwhile.
   */
  async wait(morsel: MorselPosition, whileWaiting: () => Promise<void>): Promise<void> {
    for (;;) {
      const heard = this.#control.listen()
      if (this.#control.isAborted) throw new JobAborted()
      const { split, morsel: index } = this.position
      if (split === morsel.split && index === morsel.morsel) return
      await whileWaiting()
      this.#control.waitForRing(heard)
    }
  }

  /** Gives the turn to the next morsel of the split, or to the next split after the last one. */
  pass(morsel: MorselPosition, isLastOfSplit: boolean): void {
    const next = isLastOfSplit
      ? { split: morsel.split + 1, morsel: 0 }
      : { split: morsel.split, morsel: morsel.morsel + 1 }
    // Only the holder of the turn writes, and nobody else's position can match a half-written one: the split goes first when it
    // changes, because morsel 0 of the next split waits for both.
    Atomics.store(this.#words, 1, isLastOfSplit ? -1 : next.morsel)
    Atomics.store(this.#words, 0, next.split)
    Atomics.store(this.#words, 1, next.morsel)
    this.#control.ring()
  }
}
