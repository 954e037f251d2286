import type { FlameNode } from '../api.js'

/** Nodes of one graph at most; frames beyond that are left out of their stacks. */
const MAX_NODES = 20_000

interface GrowingNode {
  value: number
  readonly children: Map<string, GrowingNode>
}

/** A flame graph while stacks are added to it. */
export class FlameBuilder {
  readonly #root: GrowingNode = { value: 0, children: new Map() }
  #nodes = 1

  /**
   * Adds a stack.
   *
   * @param frames the outermost first.
   * @param weight what it counts.
   */
  add(frames: readonly string[], weight = 1): void {
    let node = this.#root
    node.value += weight
    for (const frame of frames) {
      let child = node.children.get(frame)
      if (child === undefined) {
        if (this.#nodes >= MAX_NODES) return
        this.#nodes += 1
        child = { value: 0, children: new Map() }
        node.children.set(frame, child)
      }
      child.value += weight
      node = child
    }
  }

  /** The graph: its root is called `root`, and children are in the order of their names. */
  build(): FlameNode {
    return built('root', this.#root)
  }
}

function built(name: string, { value, children }: GrowingNode): FlameNode {
  const sorted = [...children].toSorted(([left], [right]) => (left < right ? -1 : 1))
  return { name, value, children: sorted.map(([childName, child]) => built(childName, child)) }
}
