import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { cli, withFolder } from '../../test/support/cli.js'

/** Runs work with the path of a file of users that is not there yet. */
function withUsers(work: (file: string) => Promise<void>): Promise<void> {
  return withFolder((write) => work(join(dirname(write('password', 'from file\n')), 'users')))
}

const users = (file: string, argv: readonly string[], password?: string) =>
  cli(['users', ...argv], {
    variables: [
      ['MILLRACE_USERS', file],
      ...(password === undefined ? [] : [['MILLRACE_PASSWORD', password] as const]),
    ],
  })

describe('millrace users', () => {
  it('adds, changes and removes users and keeps what else is in the file', () =>
    withUsers(async (file) => {
      writeFileSync(file, '# who may\n\n')
      assert.deepEqual(await users(file, ['set', 'alice', '--role', 'submit'], 'a b'), {
        code: 0,
        out: "user 'alice' may submit\n",
        err: '',
      })
      await users(file, ['set', 'bob', '--role', 'read', '--password-file', join(dirname(file), 'password')])
      assert.equal(readFileSync(file, 'utf8'), '# who may\n\nalice submit hash-of-a b\nbob read hash-of-from file\n')
      assert.equal(statSync(file).mode & 0o777, 0o600)
      await users(file, ['set', 'alice'], 'new')
      assert.equal((await users(file, ['list'])).out, 'NAME   ROLE\nalice  submit\nbob    read\n')
      await users(file, ['remove', 'bob'])
      assert.equal(readFileSync(file, 'utf8'), '# who may\n\nalice submit hash-of-new\n')
      assert.ok(!existsSync(`${file}.new`))
    }))

  it('makes up a password when none is given and shows it once', () =>
    withUsers(async (file) => {
      const { code, out } = await users(file, ['set', 'grafana', '--role', 'read'])
      const password = /^password: ([\w-]{32})$/m.exec(out)?.[1]
      assert.equal(code, 0)
      assert.equal(readFileSync(file, 'utf8'), `grafana read hash-of-${password}\n`)
    }))

  it('lists nothing when there is no file', () =>
    withUsers(async (file) => {
      assert.deepEqual(await users(file, ['list']), { code: 0, out: 'There are no users.\n', err: '' })
    }))

  const refused: readonly (readonly [argv: readonly string[], message: RegExp])[] = [
    [[], /no list\|set\|remove was given/],
    [['add', 'x'], /'add' is none of list, set, remove/],
    [['set'], /no NAME was given/],
    [['set', 'a b', '--role', 'read'], /'a b' is no user name/],
    [['set', 'a', '--role', 'root'], /'--role' is one of read, operate, submit, not 'root'/],
    [['set', 'a'], /it is not said what 'a' may do/],
    [['set', 'a', '--role', 'read', '--password-file', 'none'], /the file 'none' cannot be read/],
    [['remove', 'a'], /there is no user 'a'/],
  ]
  for (const [argv, message] of refused) {
    it(`refuses '${argv.join(' ')}'`, () =>
      withUsers(async (file) => {
        const { code, err } = await users(file, argv)
        assert.equal(code, 234)
        assert.match(err, message)
        assert.ok(!existsSync(file))
      }))
  }

  it('needs to know the file', async () => {
    const { code, err } = await cli(['users', 'list'])
    assert.equal(code, 234)
    assert.match(err, /name it with --file or MILLRACE_USERS/)
  })

  it('finds the file of the home', () =>
    withFolder(async (write) => {
      const home = dirname(write('any', ''))
      const { out } = await cli(['users', 'list'], { variables: [['SEATUNNEL_HOME', home]] })
      assert.equal(out, 'There are no users.\n')
    }))
})
