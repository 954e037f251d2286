import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cli, recording } from '../../test/support/cli.js'

/** A recording without the lines of the original's log. */
function plain(text: string): string {
  return text.replace(/^\d{4}-.*\n/gm, '')
}

describe('the connector check', () => {
  it('prints the recorded usage for --help', async () => {
    const { code, out } = recording('help-connector')
    assert.deepEqual(await cli(['seatunnel-connector', '--help']), { code, out, err: '' })
  })

  it('lists names in the recorded layout', async () => {
    const { code, out } = await cli(['seatunnel-connector', '-l'])
    const layout = (text: string): string =>
      text.replace(/^(?:\w[\w-]* ?)+$/gm, (line) => (line.includes(' ') ? 'names' : line))
    assert.equal(code, 0)
    assert.equal(layout(out), layout(plain(recording('connector-list').out)))
  })

  it('prints options in the recorded layout', async () => {
    const { code, out } = await cli(['seatunnel-connector', '-o', 'Console'])
    const layout = (text: string): string => text.replace(/Description: '.*'$/gm, "Description: ''")
    assert.equal(code, 0)
    assert.equal(layout(out), layout(plain(recording('connector-option-rule').out)))
  })

  it('prints nothing for a name that it does not know', async () => {
    const { code, out } = recording('connector-unknown')
    assert.deepEqual(await cli(['seatunnel-connector', '-o', 'Nope']), { code, out: plain(out), err: '' })
  })

  it('prints both kinds of a name, or the one that is asked for', async () => {
    const heads = async (argv: readonly string[]): Promise<readonly string[]> => {
      const { out } = await cli(['seatunnel-connector', '-o', 'localfile', ...argv])
      return [...out.matchAll(/^LocalFile (\w+)$/gm)].map((match) => match[1] ?? '')
    }
    assert.deepEqual(await heads([]), ['sink', 'source'])
    assert.deepEqual(await heads(['-pt', 'source']), ['source'])
  })

  it('refuses a kind that there is not', async () => {
    const { code, err } = await cli(['seatunnel-connector', '-l', '-pt', 'format'])
    assert.equal(code, 234)
    assert.match(err, /"--plugin-type": couldn't convert "format"/)
  })
})
