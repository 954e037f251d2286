import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseJavaProperties } from './java-properties.js'

describe('parseJavaProperties', () => {
  for (const { name, text, entries } of [
    { name: 'nothing', text: '', entries: [] },
    { name: 'comments and blank lines', text: '# a=1\n\n  ! b=2\n', entries: [] },
    {
      name: 'every separator',
      text: 'a=1\nb: 2\nc 3\nd  =  4 \ne',
      entries: [
        ['a', '1'],
        ['b', '2'],
        ['c', '3'],
        ['d', '4 '],
        ['e', ''],
      ],
    },
    {
      name: 'Windows line ends',
      text: 'a=1\r\nb=2',
      entries: [
        ['a', '1'],
        ['b', '2'],
      ],
    },
    {
      name: 'continued lines',
      text: 'a = 1,\\\n    2\nb = x\\\\\nc = 3',
      entries: [
        ['a', '1,2'],
        ['b', 'x\\'],
        ['c', '3'],
      ],
    },
    { name: 'a comment sign inside a continued line', text: 'a = 1\\\n# 2', entries: [['a', '1# 2']] },
    { name: 'escapes', text: 'a\\=b\\:c\\ d = \\t\\u0041\\q', entries: [['a=b:c d', '\tAq']] },
    { name: 'a backslash at the end of the text', text: 'a = 1\\', entries: [['a', '1']] },
    { name: 'the last of equal keys', text: 'a=1\na=2', entries: [['a', '2']] },
    { name: 'a name of the prototype', text: '__proto__=1', entries: [['__proto__', '1']] },
  ]) {
    it(`reads ${name}`, () => assert.deepEqual([...parseJavaProperties(text)], entries))
  }
})
