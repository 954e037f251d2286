import { dateTimeText } from '../../core/log-line.js'
import type { LogFile } from '../api.js'
import { filesOf, type LogDisk } from './log-disk.js'
import type { LogTarget } from './log-queue.js'
import type { RollPolicy } from './log4j2.js'

const DAY_MS = 24 * 60 * 60 * 1000

/** Lines of at most this many characters are put together for one append. */
const APPEND_CHARS = 256 * 1024

/** What tells readers that a file has grown or was begun anew. */
export type LogChange = (name: string) => void

/**
 * One log file that is begun anew when it is full or a new day has come. The old one is renamed to `<name>.yyyy-MM-dd-<number>` with
 * the day of its last line. Nothing is kept between two writes but what the disk has, so a file may also be moved away from outside.
 *
 * @source SeaTunnel `log4j2.properties` (RollingFile)
 */
export class RollingFile implements LogTarget {
  readonly #disk: LogDisk
  readonly #name: string
  readonly #policy: RollPolicy
  readonly #nowMs: () => number
  readonly #onChange: LogChange
  /** Whether the last append failed, perhaps in the middle of a line. */
  #isTorn = false

  constructor(disk: LogDisk, name: string, policy: RollPolicy, nowMs: () => number, onChange: LogChange) {
    this.#disk = disk
    this.#name = name
    this.#policy = policy
    this.#nowMs = nowMs
    this.#onChange = onChange
  }

  async write(lines: readonly string[]): Promise<void> {
    let rest = lines.map((line) => Buffer.from(line))
    while (rest.length > 0) {
      const sizeBytes = await this.#rolledSize(rest[0]?.length ?? 0)
      const count = fittingLines(rest, this.#policy.maxBytes - sizeBytes)
      const pieces = rest.slice(0, count)
      await this.#append(Buffer.concat(this.#isTorn ? [Buffer.from('\n'), ...pieces] : pieces))
      rest = rest.slice(count)
    }
  }

  async #append(bytes: Uint8Array): Promise<void> {
    this.#isTorn = true
    await this.#disk.append(this.#name, bytes)
    this.#isTorn = false
    this.#onChange(this.#name)
  }

  /** The file's size, after it was begun anew where that is due. */
  async #rolledSize(nextBytes: number): Promise<number> {
    const file = await this.#disk.stat(this.#name)
    if (file === null || file.sizeBytes === 0) return 0
    const isNewDay = this.#policy.isDaily && day(file.modifiedAtMs) < day(this.#nowMs())
    if (!isNewDay && file.sizeBytes + nextBytes <= this.#policy.maxBytes) return file.sizeBytes
    await this.#roll(file)
    return 0
  }

  async #roll(file: LogFile): Promise<void> {
    const names = (await this.#disk.names()).filter((name) => rolledNumber(this.#name, name) !== null)
    const rolled = await filesOf(this.#disk, names)
    const prefix = `${this.#name}.${day(file.modifiedAtMs)}-`
    const numbers = rolled
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name }) => Number(name.slice(prefix.length)))
    await this.#disk.rename(this.#name, `${prefix}${Math.max(0, ...numbers) + 1}`)
    this.#isTorn = false
    await this.#purge(rolled)
    this.#onChange(this.#name)
  }

  /** Removes rolled files that are too old or too many; the one that was just rolled is not among them. */
  async #purge(rolled: readonly LogFile[]): Promise<void> {
    const newestFirst = [...rolled].sort((left, right) => compareRolled(this.#name, right.name, left.name))
    const oldestMs = this.#nowMs() - this.#policy.keepDays * DAY_MS
    for (const [index, { name, modifiedAtMs }] of newestFirst.entries()) {
      if (index + 1 >= this.#policy.keepFiles || modifiedAtMs < oldestMs) await this.#disk.remove(name)
    }
  }
}

/** Whether a file is an older part of a log: its day and number within it, or `null`. */
export function rolledNumber(log: string, name: string): readonly [day: string, number: number] | null {
  const match = name.startsWith(`${log}.`) ? /^(\d{4}-\d{2}-\d{2})-(\d{1,9})$/.exec(name.slice(log.length + 1)) : null
  return match === null ? null : [match[1] ?? '', Number(match[2])]
}

function compareRolled(log: string, left: string, right: string): number {
  const [leftDay, leftNumber] = rolledNumber(log, left) ?? ['', 0]
  const [rightDay, rightNumber] = rolledNumber(log, right) ?? ['', 0]
  return leftDay === rightDay ? leftNumber - rightNumber : leftDay < rightDay ? -1 : 1
}

/** Lines that go into a file with so much room, one at least. */
function fittingLines(lines: readonly Uint8Array[], roomBytes: number): number {
  let bytes = 0
  for (const [index, line] of lines.entries()) {
    bytes += line.length
    if (index > 0 && (bytes > roomBytes || bytes > APPEND_CHARS)) return index
  }
  return lines.length
}

/** Local day as `yyyy-MM-dd`. */
function day(ms: number): string {
  return dateTimeText(new Date(ms)).slice(0, 10)
}
