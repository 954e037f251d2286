import { answers, type FlinkOperation, responds } from '../operation.js'
import { flameGraph, profilePage, profiles, startProfile, threadDump } from '../profiles.js'
import { UNDOCUMENTED, VERTEX } from './notes.js'

const THREADS =
  'threads of the operating system; those that work for jobs with the stacks of their JavaScript and kernels'
const CONTROL = 'of the thread that answers clients and coordinates; `ALLOC` and `LOCK` fail'
const WORKERS = 'of the threads that do the work of jobs; `ALLOC` and `LOCK` fail'

/** Threads, flame graphs and profiles. */
export const PROFILE_OPERATIONS: readonly FlinkOperation[] = [
  answers('GET /jobmanager/thread-dump', 'Threads of the process', 'approximated', (call) => threadDump(call, null), {
    note: THREADS,
  }),
  answers('GET /jobmanager/profiler', 'Profiles', 'exact', profiles('control'), UNDOCUMENTED),
  answers('POST /jobmanager/profiler', 'Takes a profile', 'approximated', startProfile('control'), {
    ...UNDOCUMENTED,
    note: CONTROL,
  }),
  responds('GET /jobmanager/profiler/:filename', 'A profile', 'exact', profilePage('control'), UNDOCUMENTED),
  answers(
    'GET /taskmanagers/:taskmanagerid/thread-dump',
    'Threads of the process',
    'approximated',
    (call) => threadDump(call, 'taskmanagerid'),
    { note: THREADS },
  ),
  answers('GET /taskmanagers/:taskmanagerid/profiler', 'Profiles', 'exact', profiles('workers'), UNDOCUMENTED),
  answers('POST /taskmanagers/:taskmanagerid/profiler', 'Takes a profile', 'approximated', startProfile('workers'), {
    ...UNDOCUMENTED,
    note: WORKERS,
  }),
  responds(
    'GET /taskmanagers/:taskmanagerid/profiler/:filename',
    'A profile',
    'exact',
    profilePage('workers'),
    UNDOCUMENTED,
  ),
  answers(`GET ${VERTEX}/flamegraph`, 'What a vertex does', 'approximated', flameGraph, {
    note: 'threads work for several vertices: those samples count that were taken at work for this one; none (`-2`) where the WASM build is used, or not on Linux',
  }),
]
