import { knownManager, threadDump } from '../cluster.js'
import { answers, type FlinkOperation, notYet } from '../operation.js'
import { flameGraph } from '../vertices.js'
import { UNDOCUMENTED, VERTEX } from './notes.js'

/** Threads, flame graphs and profiles. */
export const PROFILE_OPERATIONS: readonly FlinkOperation[] = [
  answers('GET /jobmanager/thread-dump', 'Threads of the process', 'approximated', threadDump, {
    note: 'threads of the operating system, with the stacks that are known',
  }),
  notYet('GET /jobmanager/profiler', 'Profiles', UNDOCUMENTED),
  notYet('POST /jobmanager/profiler', 'Takes a profile', UNDOCUMENTED),
  notYet('GET /jobmanager/profiler/:filename', 'A profile', UNDOCUMENTED),
  answers(
    'GET /taskmanagers/:taskmanagerid/thread-dump',
    'Threads of the process',
    'approximated',
    (call) => {
      knownManager(call)
      return threadDump(call)
    },
    { note: 'threads of the operating system, with the stacks that are known' },
  ),
  notYet('GET /taskmanagers/:taskmanagerid/profiler', 'Profiles', UNDOCUMENTED),
  notYet('POST /taskmanagers/:taskmanagerid/profiler', 'Takes a profile', UNDOCUMENTED),
  notYet('GET /taskmanagers/:taskmanagerid/profiler/:filename', 'A profile', UNDOCUMENTED),
  answers(`GET ${VERTEX}/flamegraph`, 'What a vertex does', 'constant', flameGraph, {
    note: 'no samples are taken: switched off (`-2`), ended (`-1`)',
  }),
]
