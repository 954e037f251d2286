import type { CheckpointEvent, CheckpointOverview, CheckpointSummary } from './events.js'

/** Checkpoints that are remembered. */
const HISTORY_LIMIT = 100

/** Remembers what a job told of its checkpoints. */
export class CheckpointHistory {
  #triggered = 0
  #completed = 0
  #failed = 0
  #inProgress: CheckpointOverview['inProgress'] = null
  #history: readonly CheckpointSummary[] = []
  #lastFailure: CheckpointOverview['lastFailure'] = null
  #restored: CheckpointOverview['restored'] = null

  add(event: CheckpointEvent): void {
    switch (event.type) {
      case 'checkpointTriggered':
        this.#triggered += 1
        this.#inProgress = { checkpointId: event.checkpointId, kind: event.kind, sinceMs: event.atMs }
        return
      case 'checkpointCompleted': {
        const { type: _type, atMs: _atMs, parts: _parts, location: _location, ...summary } = event
        this.#completed += 1
        this.#inProgress = null
        this.#history = [...this.#history, summary].slice(-HISTORY_LIMIT)
        return
      }
      case 'checkpointFailed':
        this.#failed += 1
        this.#inProgress = null
        this.#lastFailure = event
        return
      case 'restored':
        this.#restored = { checkpointId: event.checkpointId, kind: event.kind, atMs: event.atMs }
        return
      case 'checkpointSlow':
    }
  }

  overview(): CheckpointOverview {
    return {
      triggered: this.#triggered,
      completed: this.#completed,
      failed: this.#failed,
      inProgress: this.#inProgress,
      history: this.#history,
      lastFailure: this.#lastFailure,
      restored: this.#restored,
    }
  }
}
