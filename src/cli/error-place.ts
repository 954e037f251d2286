import type { ConfigNode, ConfigObject } from '../config/document.js'
import { MillraceError, type SourcePosition } from '../core/error.js'

/** A step into a tree: the name of a member, or the place in a list. */
const STEP = /([^.[\]]+)|\[(\d+)\]/g

/**
 * Gives errors that a node found in a job their places in the file of the user. The node has the job as JSON, so that its own positions
 * say nothing; the path of the option is the same in both.
 */
export function placedErrors(errors: readonly MillraceError[], root: ConfigObject): readonly MillraceError[] {
  return errors.map((error) => {
    const { position: _elsewhere, ...details } = error.details
    const position = details.path === undefined ? undefined : positionOf(details.path, root)
    return new MillraceError(error.code, error.message, position === undefined ? details : { ...details, position })
  })
}

/** The place of the longest part of the path that is there. */
function positionOf(path: string, root: ConfigObject): SourcePosition {
  let node: ConfigNode = root
  let position = root.position
  let rest = path
  while (rest !== '') {
    const step = nextStep(node, rest)
    if (step === null) break
    node = step.node
    position = step.position
    rest = step.rest
  }
  return position
}

interface Step {
  readonly node: ConfigNode
  readonly position: SourcePosition
  readonly rest: string
}

function nextStep(node: ConfigNode, path: string): Step | null {
  STEP.lastIndex = 0
  const [text, , index] = STEP.exec(path) ?? []
  if (text === undefined) return null
  if (node.kind === 'list') {
    const item = index === undefined ? undefined : node.items[Number(index)]
    return item === undefined ? null : { node: item, position: item.position, rest: after(path, text) }
  }
  if (node.kind !== 'object') return null
  // Names such as `job.mode` are one key.
  for (const [name, value] of node.entries) {
    if (path !== name && !path.startsWith(`${name}.`) && !path.startsWith(`${name}[`)) continue
    return { node: value, position: node.keyPositions.get(name) ?? value.position, rest: after(path, name) }
  }
  return null
}

function after(path: string, part: string): string {
  return path.slice(part.length).replace(/^\./, '')
}
