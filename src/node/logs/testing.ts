import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogTarget } from './log-queue.js'

/** What tests of this folder share. Not part of the product. */

/** A fresh folder that is removed when the test ends. */
export function temporaryFolder(test: { after(remove: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-logs-'))
  test.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A target that keeps its lines. */
export class KeptLines implements LogTarget {
  readonly lines: string[] = []
  async write(lines: readonly string[]): Promise<void> {
    this.lines.push(...lines)
  }
}

/** A target whose writes wait until they are let go, and fail when they are told to. */
export class HeldTarget implements LogTarget {
  readonly lines: string[] = []
  failure: Error | null = null
  #open: (() => void) | null = null
  #gate: Promise<void> = new Promise((resolve) => {
    this.#open = resolve
  })

  async write(lines: readonly string[]): Promise<void> {
    await this.#gate
    if (this.failure !== null) throw this.failure
    this.lines.push(...lines)
  }

  release(): void {
    this.#open?.()
    this.#gate = Promise.resolve()
  }
}
