import type { RecordedFlink } from './recordings.js'

/** Recorded cases that nothing here comes to. */
export interface UnplayedCases {
  readonly cases: RegExp
  readonly reason: string
}

/** Every case that is not played, with its reason. */
export const UNPLAYED: readonly UnplayedCases[] = [
  {
    cases: /^tm-lost-|^taskmanagers-none$|^overview-no-taskmanager$/,
    reason: 'the node is its own task manager, which cannot be lost while it answers',
  },
]

/** Cases that are left out at most: this number must not grow. */
export const UNPLAYED_LIMIT: Readonly<Record<RecordedFlink, number>> = { '2.1': 10, '1.20': 0 }

/** Why a case is not played; `null` when it is to be. */
export function reasonToLeave(name: string): string | null {
  return UNPLAYED.find(({ cases }) => cases.test(name))?.reason ?? null
}
