import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** A program of a crate that the bench builds and runs: `crates/<crate>/examples/<example>.rs`. */
export interface ExampleProgram {
  readonly crate: string
  readonly example: string
}

/** Profile that the programs are built with: that of the addon. */
export const PROFILE = 'ci'

/** All programs of the tree whose name begins with `<prefix>_`. */
export function examplePrograms(root: string, prefix: 'count' | 'rate'): ExampleProgram[] {
  return readdirSync(join(root, 'crates'))
    .toSorted()
    .flatMap((crate) => {
      const folder = join(root, 'crates', crate, 'examples')
      if (!existsSync(folder)) return []
      return readdirSync(folder)
        .toSorted()
        .filter((name) => name.startsWith(`${prefix}_`) && name.endsWith('.rs'))
        .map((name) => ({ crate, example: name.replace(/\.rs$/, '') }))
    })
}
