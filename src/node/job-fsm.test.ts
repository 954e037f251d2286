import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { END_STATES, type JobStatus } from './api.js'
import { type JobFsmEvent, type JobState, nextJobStep, QUEUED_JOB } from './job-fsm.js'
import type { Rescale } from './job-rescale.js'

const RETRY = { times: 2, intervalMs: 3000 }
const SAVING: Rescale = { stage: 'saving', target: [4], before: [2], requestId: 'mine' }
const RESTARTING: Rescale = { ...SAVING, stage: 'restarting' }

/** States by the names that the table uses. */
const STATES: Readonly<Record<string, JobState>> = {
  pending: QUEUED_JOB,
  scheduled: { status: 'SCHEDULED', phase: 'running', restarts: 0, isForced: false },
  running: { status: 'RUNNING', phase: 'running', restarts: 1, isForced: false },
  lastTry: { status: 'RUNNING', phase: 'running', restarts: 2, isForced: false },
  waiting: { status: 'RUNNING', phase: 'waiting', restarts: 1, isForced: false },
  saving: { status: 'DOING_SAVEPOINT', phase: 'running', restarts: 0, isForced: false },
  savingWaits: { status: 'DOING_SAVEPOINT', phase: 'waiting', restarts: 1, isForced: false },
  rescaling: { status: 'RUNNING', phase: 'running', restarts: 2, isForced: false, parallelism: [2], rescale: SAVING },
  turning: { status: 'RUNNING', phase: 'running', restarts: 2, isForced: false, parallelism: [4], rescale: RESTARTING },
  turningWaits: { status: 'RUNNING', phase: 'waiting', restarts: 1, isForced: false, rescale: RESTARTING },
  turningBack: { status: 'SCHEDULED', phase: 'running', restarts: 0, isForced: false, rescale: RESTARTING },
  rescalingStops: { status: 'DOING_SAVEPOINT', phase: 'running', restarts: 0, isForced: false, rescale: SAVING },
  turningStops: { status: 'DOING_SAVEPOINT', phase: 'running', restarts: 0, isForced: false, rescale: RESTARTING },
  canceling: { status: 'CANCELING', phase: 'running', restarts: 0, isForced: false },
  forced: { status: 'CANCELING', phase: 'running', restarts: 0, isForced: true },
  failing: { status: 'FAILING', phase: 'none', restarts: 0, isForced: false },
  finished: { status: 'FINISHED', phase: 'none', restarts: 0, isForced: false },
  failed: { status: 'FAILED', phase: 'none', restarts: 0, isForced: false },
  canceled: { status: 'CANCELED', phase: 'none', restarts: 0, isForced: false },
  saved: { status: 'SAVEPOINT_DONE', phase: 'none', restarts: 0, isForced: false },
  unknowable: { status: 'UNKNOWABLE', phase: 'none', restarts: 0, isForced: false },
}

const ended = (outcome: Extract<JobFsmEvent, { type: 'attemptEnded' }>['outcome'], canRetry = true): JobFsmEvent => {
  return { type: 'attemptEnded', outcome, canRetry }
}

/** Events by the names that the table uses. */
const EVENTS: Readonly<Record<string, JobFsmEvent>> = {
  granted: { type: 'slotsGranted' },
  refused: { type: 'slotsRefused' },
  started: { type: 'attemptStarted' },
  finished: ended('FINISHED'),
  canceled: ended('CANCELED'),
  failed: ended('FAILED'),
  failedForGood: ended('FAILED', false),
  saved: ended('SAVEPOINT_DONE'),
  abandoned: ended('ABANDONED'),
  retryDue: { type: 'retryDue' },
  cancel: { type: 'cancel', isForced: false },
  force: { type: 'cancel', isForced: true },
  savepoint: { type: 'stopWithSavepoint' },
  rescale: { type: 'rescale', target: [8], requestId: null },
  savepointFailed: { type: 'savepointFailed' },
  cancelDue: { type: 'cancelDue' },
  recovered: { type: 'recovered' },
}

/** `status[/phase][(parallelism, and what becomes of it)] [+effects]`; what is not in a row means nothing in that state. */
const TABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pending: {
    granted: 'SCHEDULED/running startAttempt',
    refused: 'FAILED end keeping',
    cancel: 'CANCELED end',
    force: 'CANCELED end',
    recovered: 'PENDING queue',
  },
  scheduled: {
    started: 'RUNNING/running',
    finished: 'FINISHED end',
    canceled: 'CANCELED end',
    failed: 'RUNNING/waiting armRetry',
    failedForGood: 'FAILED end keeping',
    saved: 'SCHEDULED/running startAttempt',
    abandoned: 'RUNNING/waiting armRetry',
    cancel: 'CANCELING/running cancelAttempt armCancelDeadline',
    force: 'CANCELING/running cancelAttempt! armCancelDeadline',
    savepoint: 'DOING_SAVEPOINT/running',
    recovered: 'SCHEDULED/running startAttempt',
  },
  running: {
    finished: 'FINISHED end',
    canceled: 'CANCELED end',
    failed: 'RUNNING/waiting armRetry',
    failedForGood: 'FAILED end keeping',
    saved: 'RUNNING/running startAttempt',
    abandoned: 'RUNNING/waiting armRetry',
    cancel: 'CANCELING/running cancelAttempt armCancelDeadline',
    force: 'CANCELING/running cancelAttempt! armCancelDeadline',
    savepoint: 'DOING_SAVEPOINT/running takeSavepoint',
    rescale: 'RUNNING/running(saving 8) takeSavepoint',
    recovered: 'SCHEDULED/running startAttempt',
  },
  lastTry: {
    finished: 'FINISHED end',
    canceled: 'CANCELED end',
    failed: 'FAILED end keeping',
    failedForGood: 'FAILED end keeping',
    saved: 'RUNNING/running startAttempt',
    abandoned: 'RUNNING/waiting armRetry',
    cancel: 'CANCELING/running cancelAttempt armCancelDeadline',
    force: 'CANCELING/running cancelAttempt! armCancelDeadline',
    savepoint: 'DOING_SAVEPOINT/running takeSavepoint',
    rescale: 'RUNNING/running(saving 8) takeSavepoint',
    recovered: 'SCHEDULED/running startAttempt',
  },
  waiting: {
    retryDue: 'RUNNING/running startAttempt',
    cancel: 'CANCELED end',
    force: 'CANCELED end',
    savepoint: 'DOING_SAVEPOINT/waiting',
    rescale: 'RUNNING/waiting(8 restarting 8)',
    recovered: 'SCHEDULED/running startAttempt',
  },
  saving: {
    started: 'DOING_SAVEPOINT/running takeSavepoint',
    finished: 'FINISHED end',
    canceled: 'CANCELED end',
    failed: 'DOING_SAVEPOINT/waiting armRetry',
    failedForGood: 'FAILED end keeping',
    saved: 'SAVEPOINT_DONE end keeping',
    abandoned: 'DOING_SAVEPOINT/waiting armRetry',
    cancel: 'CANCELING/running cancelAttempt armCancelDeadline',
    force: 'CANCELING/running cancelAttempt! armCancelDeadline',
    savepointFailed: 'RUNNING/running',
    recovered: 'DOING_SAVEPOINT/running startAttempt',
  },
  savingWaits: {
    retryDue: 'DOING_SAVEPOINT/running startAttempt',
    cancel: 'CANCELED end',
    force: 'CANCELED end',
    savepointFailed: 'RUNNING/waiting',
    recovered: 'DOING_SAVEPOINT/running startAttempt',
  },
  rescaling: {
    started: 'RUNNING/running(2 saving 4) takeSavepoint',
    finished: 'FINISHED(2) end',
    canceled: 'CANCELED(2) end',
    failed: 'RUNNING/waiting(2) armRetry',
    failedForGood: 'FAILED(2) end keeping',
    saved: 'RUNNING/running(4 restarting 4) startAttempt',
    abandoned: 'RUNNING/waiting(2) armRetry',
    cancel: 'CANCELING/running(2) cancelAttempt armCancelDeadline',
    force: 'CANCELING/running(2) cancelAttempt! armCancelDeadline',
    savepoint: 'DOING_SAVEPOINT/running(2 saving 4) takeSavepoint',
    savepointFailed: 'RUNNING/running(2)',
    recovered: 'SCHEDULED/running(4 restarting 4) startAttempt',
  },
  turning: {
    started: 'RUNNING/running(4)',
    finished: 'FINISHED(4) end',
    canceled: 'CANCELED(4) end',
    failed: 'RUNNING/running(2) startAttempt',
    failedForGood: 'RUNNING/running(2) startAttempt',
    saved: 'RUNNING/running(4 restarting 4) startAttempt',
    abandoned: 'RUNNING/waiting(4 restarting 4) armRetry',
    cancel: 'CANCELING/running(4) cancelAttempt armCancelDeadline',
    force: 'CANCELING/running(4) cancelAttempt! armCancelDeadline',
    savepoint: 'DOING_SAVEPOINT/running(4 restarting 4) takeSavepoint',
    recovered: 'SCHEDULED/running(4 restarting 4) startAttempt',
  },
  turningWaits: {
    retryDue: 'RUNNING/running(restarting 4) startAttempt',
    cancel: 'CANCELED end',
    force: 'CANCELED end',
    savepoint: 'DOING_SAVEPOINT/waiting(restarting 4)',
    recovered: 'SCHEDULED/running(4 restarting 4) startAttempt',
  },
  turningBack: {
    started: 'RUNNING/running',
    finished: 'FINISHED end',
    canceled: 'CANCELED end',
    failed: 'SCHEDULED/running(2) startAttempt',
    failedForGood: 'SCHEDULED/running(2) startAttempt',
    saved: 'SCHEDULED/running(4 restarting 4) startAttempt',
    abandoned: 'RUNNING/waiting(restarting 4) armRetry',
    cancel: 'CANCELING/running cancelAttempt armCancelDeadline',
    force: 'CANCELING/running cancelAttempt! armCancelDeadline',
    savepoint: 'DOING_SAVEPOINT/running(restarting 4)',
    recovered: 'SCHEDULED/running(4 restarting 4) startAttempt',
  },
  rescalingStops: {
    started: 'DOING_SAVEPOINT/running(saving 4) takeSavepoint',
    finished: 'FINISHED end',
    canceled: 'CANCELED end',
    failed: 'DOING_SAVEPOINT/waiting armRetry',
    failedForGood: 'FAILED end keeping',
    saved: 'SAVEPOINT_DONE end keeping',
    abandoned: 'DOING_SAVEPOINT/waiting armRetry',
    cancel: 'CANCELING/running cancelAttempt armCancelDeadline',
    force: 'CANCELING/running cancelAttempt! armCancelDeadline',
    savepointFailed: 'RUNNING/running',
    recovered: 'DOING_SAVEPOINT/running(4 restarting 4) startAttempt',
  },
  turningStops: {
    started: 'DOING_SAVEPOINT/running takeSavepoint',
    finished: 'FINISHED end',
    canceled: 'CANCELED end',
    failed: 'DOING_SAVEPOINT/running(2) startAttempt',
    failedForGood: 'DOING_SAVEPOINT/running(2) startAttempt',
    saved: 'SAVEPOINT_DONE end keeping',
    abandoned: 'DOING_SAVEPOINT/waiting(restarting 4) armRetry',
    cancel: 'CANCELING/running cancelAttempt armCancelDeadline',
    force: 'CANCELING/running cancelAttempt! armCancelDeadline',
    savepointFailed: 'RUNNING/running(restarting 4)',
    recovered: 'DOING_SAVEPOINT/running(4 restarting 4) startAttempt',
  },
  canceling: {
    finished: 'FINISHED end',
    canceled: 'CANCELED end',
    failed: 'CANCELED end',
    failedForGood: 'CANCELED end',
    saved: 'CANCELED end',
    abandoned: 'CANCELED end',
    force: 'CANCELING/running cancelAttempt!',
    cancelDue: 'CANCELING/running cancelAttempt! armCancelDeadline',
    recovered: 'CANCELING/running startAttempt armCancelDeadline',
  },
  forced: {
    finished: 'FINISHED end',
    canceled: 'CANCELED end',
    failed: 'CANCELED end',
    failedForGood: 'CANCELED end',
    saved: 'CANCELED end',
    abandoned: 'CANCELED end',
    cancelDue: 'CANCELED end',
    recovered: 'CANCELING/running startAttempt armCancelDeadline',
  },
  failing: {
    finished: 'FAILED end keeping',
    canceled: 'FAILED end keeping',
    failed: 'FAILED end keeping',
    failedForGood: 'FAILED end keeping',
    saved: 'FAILED end keeping',
    abandoned: 'FAILED end keeping',
    recovered: 'FAILED end keeping',
  },
}

function stepText(state: JobState, event: JobFsmEvent): string | null {
  const step = nextJobStep(state, event, RETRY)
  if (step === null) return null
  const { status, phase } = step.state
  const effects = step.effects.map((effect) => {
    if (effect.type === 'cancelAttempt') return effect.isForced ? 'cancelAttempt!' : 'cancelAttempt'
    if (effect.type === 'end') return effect.keepsCheckpoints ? 'end keeping' : 'end'
    return effect.type
  })
  const { parallelism, rescale } = step.state
  const change = rescale === undefined ? [] : [`${rescale.stage} ${rescale.target.join()}`]
  const facts = [...(parallelism === undefined ? [] : [parallelism.join()]), ...change]
  const shown = facts.length === 0 ? '' : `(${facts.join(' ')})`
  return [`${phase === 'none' ? status : `${status}/${phase}`}${shown}`, ...effects].join(' ')
}

describe('the life of a job', () => {
  for (const [name, state] of Object.entries(STATES)) {
    for (const [eventName, event] of Object.entries(EVENTS)) {
      it(`${eventName} when it is ${name}`, () => {
        assert.equal(stepText(state, event), TABLE[name]?.[eventName] ?? null)
      })
    }
  }

  it('counts attempts that failed, and no others', () => {
    const failed = nextJobStep(STATES.running as JobState, EVENTS.failed as JobFsmEvent, RETRY)
    const recovered = nextJobStep(STATES.running as JobState, EVENTS.recovered as JobFsmEvent, RETRY)
    assert.deepEqual([failed?.state.restarts, recovered?.state.restarts], [2, 1])
  })

  it('counts a change of the parallelism when an attempt runs with it, and it is no restart', () => {
    const step = (state: string, event: string) =>
      nextJobStep(STATES[state] as JobState, EVENTS[event] as JobFsmEvent, RETRY)?.state
    const counts = (state: JobState | undefined) => [state?.rescales, state?.restarts]
    assert.deepEqual(counts(step('turning', 'started')), [1, 2])
    assert.deepEqual(counts(step('rescaling', 'saved')), [undefined, 2])
    assert.deepEqual(counts(step('turning', 'failed')), [undefined, 2], 'the attempt at it is none either')
    assert.deepEqual(counts(step('rescaling', 'failed')), [undefined, 3])
  })

  it('goes back to what the job says when that is what it had', () => {
    const { parallelism: _new, ...turning } = STATES.turning as JobState
    const before = { ...turning, parallelism: [4], rescale: { ...RESTARTING, before: null } }
    const step = nextJobStep(before, EVENTS.failed as JobFsmEvent, RETRY)
    assert.deepEqual(step?.state, { status: 'RUNNING', phase: 'running', restarts: 2, isForced: false })
  })

  it('ends whatever happens, once it is canceled', () => {
    for (const state of Object.values(STATES)) {
      let now: JobState = nextJobStep(state, { type: 'cancel', isForced: false }, RETRY)?.state ?? state
      for (let due = 0; due < 2; due += 1) now = nextJobStep(now, { type: 'cancelDue' }, RETRY)?.state ?? now
      assert.ok(END_STATES.has(now.status) || now.status === 'FAILING', `${state.status} led to ${now.status}`)
    }
  })

  it('passes through the states that clients know', () => {
    const passed = (state: string, event: string): readonly JobStatus[] | undefined =>
      nextJobStep(STATES[state] as JobState, EVENTS[event] as JobFsmEvent, RETRY)?.passed
    assert.deepEqual(passed('running', 'failedForGood'), ['FAILING', 'FAILED'])
    assert.deepEqual(passed('pending', 'cancel'), ['CANCELING', 'CANCELED'])
    assert.deepEqual(passed('running', 'failed'), [])
  })
})
