import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FunctionName, ThreadSampler } from '../../native/sampler.js'
import { NativeNames, nativeStack } from './native-frames.js'

const own = (name: string): FunctionName => ({ library: '', name })
const of = (library: string, name: string): FunctionName => ({ library, name })
const JAVA_SCRIPT: FunctionName = { library: null, name: '?' }

test('of a thread in the kernels the kernels and what they call are shown', () => {
  for (const [what, names, expected] of [
    [
      'without the boundary',
      [
        of('libc', 'memcpy'),
        own('millrace_formats::csv::decode'),
        own('millrace_program::boundary::step'),
        own('napi::bindgen_runtime::call'),
        own('<millrace_native::step as X>::y'),
        of('node', 'v8impl::Call'),
        JAVA_SCRIPT,
      ],
      ['millrace_program::boundary::step', 'millrace_formats::csv::decode', 'libc.memcpy'],
    ],
    [
      'names that are not known are left out',
      [of('libc', '?'), own('?'), own('millrace_program::boundary::step')],
      ['millrace_program::boundary::step'],
    ],
    ['nothing but the boundary', [own('napi::call')], ['napi::call']],
  ] as const)
    assert.deepEqual(nativeStack(names), { isInKernels: true, frames: expected }, what)
})

test('elsewhere what JavaScript called is shown, or everything without it', () => {
  for (const [what, names, expected] of [
    [
      'called',
      [
        of('libc', 'pwrite'),
        of('node', 'uv_fs_write'),
        of('node', 'v8::internal::(anonymous)::HandleApiCallHelper'),
        of('node', 'Builtins_CEntry'),
        JAVA_SCRIPT,
        of('node', 'Builtins_JSEntry'),
      ],
      ['node.uv_fs_write', 'libc.pwrite'],
    ],
    ['no JavaScript', [of('libc', 'epoll_wait'), of('node', 'uv_run')], ['node.uv_run', 'libc.epoll_wait']],
    ['JavaScript itself', [JAVA_SCRIPT, of('node', 'uv_run')], []],
    ['nothing', [], []],
  ] as const)
    assert.deepEqual(nativeStack(names), { isInKernels: false, frames: expected }, what)
})

test('a name is looked up once', () => {
  const asked: number[][] = []
  const names = new NativeNames({
    names: (addresses: readonly number[]) => {
      asked.push([...addresses])
      return addresses.map((address) => of('libc', `f${address}`))
    },
  } as unknown as ThreadSampler)
  names.learn([1, 2, 1])
  names.learn([2, 3])
  names.learn([])
  assert.deepEqual(asked, [[1, 2], [3]])
  assert.deepEqual(names.stack([3, 1]).frames, ['libc.f1', 'libc.f3'])
})
