import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NodeProfile, ProfileMode, ProfileRequest, ProfileScope } from '../api.js'
import type { NodeClock } from '../clock.js'
import { FlameBuilder } from './flame.js'
import { flamePage } from './flame-page.js'
import { MAIN_THREAD } from './isolate-profiles.js'
import type { SampleChunk, SamplingLoop } from './sampling-loop.js'

/** Profiles that are kept of each scope. @source Flink `rest.profiling.history-size` */
const MAX_PROFILES = 10
/** Files are removed after this. */
const MAX_AGE_MS = 24 * 3_600_000
/** Milliseconds between two samples. */
const INTERVAL_MS = 20

/** What cannot be sampled, and why. */
const REFUSED: Readonly<Partial<Record<ProfileMode, string>>> = {
  LOCK: 'Profiling failed: LOCK is not possible, threads of this node take no locks that could be sampled; WALL shows where they wait',
  ALLOC:
    'Profiling failed: ALLOC is not possible, rows live outside of the heap; the metrics of the process tell of its memory',
}

/** What profiles are taken with. */
export interface ProfileParts {
  readonly loop: Pick<SamplingLoop, 'sample'>
  /** Whether threads are sampled natively; only JavaScript is known of them otherwise. */
  readonly hasSampler: boolean
  /** Where files go; made when it is needed. */
  readonly folder: string
  readonly clock: NodeClock
}

interface TakenProfile {
  profile: NodeProfile
  readonly scope: ProfileScope
}

/** Profiles of the process, one at a time, as pages in a folder. The list of them lives as long as the process; so do its files. */
export class Profiles {
  readonly #parts: ProfileParts
  #taken: TakenProfile[] = []
  #running: TakenProfile | null = null
  /** Ends when files of an earlier process are gone. */
  #isFolderReady: Promise<void> | null = null

  constructor(parts: ProfileParts) {
    this.#parts = parts
  }

  /** Of one scope, the newest first. */
  list(wanted: ProfileScope): readonly NodeProfile[] {
    return this.#taken.filter(({ scope }) => scope === wanted).map(({ profile }) => profile)
  }

  start({ scope, mode, durationSeconds, name }: ProfileRequest): NodeProfile | ProfileScope {
    if (this.#running !== null) return this.#running.scope
    const now = this.#parts.clock.now()
    const refusal = REFUSED[mode] ?? null
    const profile: NodeProfile = {
      status: refusal === null ? 'RUNNING' : 'FAILED',
      mode,
      startedAtMs: now,
      endedAtMs: refusal === null ? null : now,
      durationSeconds,
      message: refusal,
      file: null,
    }
    const taken: TakenProfile = { profile, scope }
    this.#taken.unshift(taken)
    if (refusal === null) {
      this.#running = taken
      void this.#run(taken, name)
    }
    return profile
  }

  /** The page of a profile; `null` when the list has none of the name. */
  async page(wanted: ProfileScope, file: string): Promise<Uint8Array | null> {
    // The name comes from outside: only one that the list has is a file.
    const found = this.#taken.some(({ scope, profile }) => scope === wanted && profile.file === file)
    if (!found) return null
    try {
      return await readFile(join(this.#parts.folder, file))
    } catch {
      return null
    }
  }

  async #run(taken: TakenProfile, name: string): Promise<void> {
    const { loop, clock } = this.#parts
    const { mode, durationSeconds, startedAtMs } = taken.profile
    const builder = new FlameBuilder()
    await loop.sample({
      intervalMs: INTERVAL_MS,
      ticks: Math.ceil((durationSeconds * 1000) / INTERVAL_MS),
      isMainWanted: taken.scope === 'control',
      onChunk: (chunk) => this.#add(builder, chunk, taken),
    })
    const file = `${name.replaceAll(/[^\w.:-]/g, '_')}_${mode}_${timeText(startedAtMs)}.html`
    const ended = { ...taken.profile, endedAtMs: clock.now() }
    try {
      await this.#write(file, flamePage(`${name}: ${mode}, ${durationSeconds} s`, builder.build()))
      taken.profile = { ...ended, status: 'FINISHED', message: 'Profiling Successful', file }
    } catch (thrown) {
      const reason = (thrown as NodeJS.ErrnoException).code ?? String(thrown)
      const message = `Profiling failed: its file could not be written: ${reason}`
      taken.profile = { ...ended, status: 'FAILED', message }
    }
    this.#running = null
  }

  #add(builder: FlameBuilder, { samples, stacks }: SampleChunk, { scope, profile: { mode } }: TakenProfile): void {
    const isOfAll = mode === 'WALL'
    if (scope === 'workers' && this.#parts.hasSampler) {
      for (const { place, isRunning, frames } of samples)
        if (isRunning || isOfAll) builder.add([`mr-worker-${place.threadId}`, ...frames])
      return
    }
    for (const [threadId, own] of stacks) {
      if ((threadId === MAIN_THREAD) !== (scope === 'control')) continue
      const name = threadId === MAIN_THREAD ? 'main' : `worker-${threadId}`
      for (const { frames, isIdle } of own) if (!isIdle || isOfAll) builder.add([name, ...frames])
    }
  }

  async #write(file: string, page: string): Promise<void> {
    const { folder, clock } = this.#parts
    this.#isFolderReady ??= emptyFolder(folder)
    await this.#isFolderReady
    await writeFile(join(folder, file), page, { mode: 0o600 })
    const oldest = clock.now() - MAX_AGE_MS
    const counts = { control: 0, workers: 0 }
    const kept: TakenProfile[] = []
    for (const taken of this.#taken) {
      counts[taken.scope] += 1
      const { startedAtMs, file: old } = taken.profile
      if (counts[taken.scope] <= MAX_PROFILES && startedAtMs >= oldest) kept.push(taken)
      else if (old !== null) await rm(join(folder, old), { force: true })
    }
    this.#taken = kept
  }
}

/** Makes a folder, and takes away what an earlier process left in it. */
async function emptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const name of await readdir(folder)) if (name.endsWith('.html')) await rm(join(folder, name), { force: true })
}

/** @source Flink's names of profiles: `2026-11-22_01_37_53` */
function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', '_').replaceAll(':', '_')
}
