import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FlameNode } from '../api.js'
import { FlameBuilder } from './flame.js'
import { flamePage } from './flame-page.js'

function graphOf(...stacks: readonly string[][]): FlameNode {
  const builder = new FlameBuilder()
  for (const stack of stacks) builder.add(stack)
  return builder.build()
}

test('a graph of no samples has a root without children', () => {
  assert.deepEqual(graphOf(), { name: 'root', value: 0, children: [] })
})

test('calls with the same callers are one, with the samples of all of them', () => {
  assert.deepEqual(graphOf(['a', 'b'], ['a', 'c'], ['a'], [], ['b']), {
    name: 'root',
    value: 5,
    children: [
      {
        name: 'a',
        value: 3,
        children: [
          { name: 'b', value: 1, children: [] },
          { name: 'c', value: 1, children: [] },
        ],
      },
      { name: 'b', value: 1, children: [] },
    ],
  })
})

test('a call that calls itself is below itself', () => {
  const [outer] = graphOf(['f', 'f', 'f']).children
  assert.equal(outer?.children[0]?.children[0]?.name, 'f')
})

test('a graph has a limit, beyond which frames are left out and samples are not', () => {
  const builder = new FlameBuilder()
  for (let index = 0; index < 30_000; index += 1) builder.add([`f${index}`])
  const { value, children } = builder.build()
  assert.equal(value, 30_000)
  assert.equal(children.length, 19_999)
})

test('a page holds names as data that cannot end the script', () => {
  const page = flamePage(
    'job </title><script>alert(1)</script>',
    graphOf(['</script><img src=x onerror=alert(1)>', '\u2028"']),
  )
  assert.ok(page.startsWith('<!DOCTYPE html>'))
  assert.equal(page.match(/<\/script/g)?.length, 1)
  assert.ok(!page.includes('<img'))
  assert.ok(page.includes('<title>job &lt;/title&gt;&lt;script&gt;'))
})

test('a page loads nothing', () => {
  assert.doesNotMatch(flamePage('a', graphOf(['b'])), /\b(?:src|href)=|https?:|@import|url\(/)
})

test('the nodes of a page say how many children follow them', () => {
  const data = /const NODES = (.*)\n/.exec(flamePage('t', graphOf(['a', 'b'], ['c'])))?.[1] ?? ''
  assert.deepEqual(JSON.parse(data), [
    ['root', 2, 2],
    ['a', 1, 1],
    ['b', 1, 0],
    ['c', 1, 0],
  ])
})
