import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { numberRows, type RowCount, totalRows } from './numbering.js'

/** `file/first row in it/rows` of every cut. */
function cuts(totals: Record<string, number>, counts: readonly RowCount[], rowsPerFile: number | null): string[] {
  return numberRows(totals, counts, rowsPerFile).numbered.map(
    ({ fileIndex, firstRow, rows }) => `${fileIndex}/${firstRow}/${rows}`,
  )
}

const rows = (count: number, ...partition: string[]): RowCount => ({ partition, rows: count })

describe('rows are numbered', () => {
  const cases: readonly [
    title: string,
    before: Record<string, number>,
    counts: RowCount[],
    perFile: number | null,
    expected: string[],
  ][] = [
    ['from 0 in the first file', {}, [rows(5)], 10, ['0/0/5']],
    ['on from what was numbered before', { '': 5 }, [rows(3)], 10, ['0/5/3']],
    ['into the next file exactly when the first is full', {}, [rows(10)], 10, ['0/0/10']],
    ['from the next file on when the last morsel filled one', { '': 10 }, [rows(1)], 10, ['1/0/1']],
    ['over the border of a file', { '': 8 }, [rows(5)], 10, ['0/8/2', '1/0/3']],
    ['over many files at once', {}, [rows(7)], 3, ['0/0/3', '1/0/3', '2/0/1']],
    ['one to a file', {}, [rows(2)], 1, ['0/0/1', '1/0/1']],
    ['without an end of files', { '': 4 }, [rows(5_000_000)], null, ['0/4/5000000']],
    ['not at all when there are none', {}, [], 10, []],
    ['not at all when their count is 0', {}, [rows(0)], 10, []],
    ['by partition, and over all', {}, [rows(2, 'a'), rows(3, 'b')], 10, ['0/0/2', '0/0/3']],
    ['by partition into files of their own', {}, [rows(3, 'a'), rows(1, 'b')], 2, ['0/0/2', '1/0/1', '0/0/1']],
    ['beyond 2^31', { '': 3_000_000_000 }, [rows(1)], 1_000_000, ['3000/0/1']],
  ]
  for (const [title, before, counts, perFile, expected] of cases) {
    it(title, () => assert.deepEqual(cuts(before, counts, perFile), expected))
  }

  it('the same whether they come in one morsel or in many', () => {
    let totals = {}
    const pieces: string[] = []
    for (const count of [1, 0, 7, 2, 3]) {
      const result = numberRows(totals, [rows(count)], 4)
      totals = result.totals
      for (const cut of result.numbered) {
        for (let row = 0; row < cut.rows; row += 1) pieces.push(`${cut.fileIndex}/${cut.firstRow + row}`)
      }
    }
    const expected = Array.from({ length: 13 }, (_, row) => `${Math.floor(row / 4)}/${row % 4}`)
    assert.deepEqual(pieces, expected)
    assert.equal(totalRows(totals), 13)
  })

  it('with partitions whose values look alike kept apart', () => {
    const { totals } = numberRows({}, [rows(1, 'a,b'), rows(2, 'a', 'b'), rows(4, '["a"]'), rows(8, '')], 100)
    assert.equal(totalRows(totals), 15)
    const again = numberRows(totals, [rows(1, 'a', 'b'), rows(1, 'a,b'), rows(1, '')], 100).numbered
    assert.deepEqual(
      again.map((cut) => [cut.count, cut.firstRow]),
      [
        [0, 2],
        [1, 1],
        [2, 8],
      ],
    )
  })

  it('with a partition named like a member of every object', () => {
    const { totals } = numberRows({}, [rows(3, '__proto__'), rows(1, 'constructor')], 2)
    assert.equal(totalRows(totals), 4)
    assert.equal(numberRows(totals, [rows(1, '__proto__')], 2).numbered[0]?.fileIndex, 1)
  })

  it('leaving the totals that were given as they were', () => {
    const before = Object.freeze({ '': 1 })
    numberRows(before, [rows(2)], null)
    assert.deepEqual(before, { '': 1 })
    assert.equal(totalRows(null), 0)
  })
})
