import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { argumentVariables, splitArguments } from './program-arguments.js'

describe('arguments of a program', () => {
  for (const [given, expected] of [
    [[], {}],
    [['a=1', 'b=x=y', 'c='], { a: '1', b: 'x=y', c: '' }],
    [['--a', '1', '--b=2', '--c', '-3', '--d', '-'], { a: '1', b: '2', c: '-3', d: '-' }],
    [['-Da=1', '-D', 'b=2'], { a: '1', b: '2' }],
    [['-i', 'a=1,b=[x,y]', '--variable', 'c="1,2"'], { a: '1', b: '[x,y]', c: '"1,2"' }],
    [['a=1', '--a', '2'], { a: '2' }],
    [['--path', '/tmp/a b', 'key.with.dots=1'], { path: '/tmp/a b', 'key.with.dots': '1' }],
    [['--flag=', '--x', '--5'], { flag: '', x: '--5' }],
    [['__proto__=1'], { ['__proto__']: '1' }],
  ] as const)
    it(`gives ${JSON.stringify(Object.fromEntries(Object.entries(expected)))}`, () => {
      assert.deepEqual([...argumentVariables(given)].toSorted(), Object.entries(expected).toSorted())
    })

  for (const [given, named] of [
    [['nonsense'], 'nonsense'],
    [['--flag'], '--flag'],
    [['--a', '--b', '1'], '--a'],
    [['-x', '1'], '-x'],
    [['-i'], '-i'],
    [['-i', 'a'], '-i a'],
    [['-D', 'a'], '-D a'],
    [['=1'], '=1'],
    [['--', 'a'], '--'],
    [[''], ''],
    [[' =1'], ' =1'],
  ] as const)
    it(`names '${named}'`, () => {
      assert.throws(
        () => argumentVariables(given),
        (error: Error & { readonly status?: number }) => {
          assert.equal(error.status, 400)
          return error.message.startsWith(`the program argument '${named}' is not in one of the forms`)
        },
      )
    })

  it('cannot have a name that stands for a part of a table', () => {
    for (const given of [['table_name=1'], ['--table_name', '1'], ['-Dtable_name=1'], ['-i', 'table_name=1']])
      assert.throws(() => argumentVariables(given), /System placeholders cannot be used/)
  })

  it('are cut short where an answer repeats them', () => {
    assert.throws(
      () => argumentVariables(['x'.repeat(5000)]),
      (error: Error) => error.message.length < 400,
    )
  })
})

describe('a line of arguments', () => {
  for (const [line, expected] of [
    ['', []],
    ['  ', []],
    ['--a 1', ['--a', '1']],
    [' a  b\tc\n', ['a', 'b', 'c']],
    ['--name "two words"', ['--name', 'two words']],
    ["--name 'two words'", ['--name', 'two words']],
    ['a="b c"d', ['a=b cd']],
    ['""', ['']],
    ['"a \\"b\\" \\\\ c"', ['a "b" \\ c']],
    ["'a\\b'", ['a\\b']],
    ['a\\ b', ['a b']],
    ['a\\', ['a\\']],
    [`"it's"`, ["it's"]],
  ] as const)
    it(`is split: ${JSON.stringify(line)}`, () => assert.deepEqual(splitArguments(line), expected))

  for (const line of ['"a', "a 'b", 'a"'])
    it(`has a quote that is not closed: ${line}`, () => {
      assert.throws(() => splitArguments(line), /that is not closed/)
    })
})
