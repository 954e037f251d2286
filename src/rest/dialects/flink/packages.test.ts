import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobPackages } from '../../../node/api.js'
import type { Role } from '../../auth/user.js'
import type { FlinkCall } from './call.js'
import { maySubmit } from './packages.js'

test('packages may be run by whoever may submit, where there are packages and the setting allows it', () => {
  const packages = {} as JobPackages
  const user = (role: Role) => ({ name: 'somebody', role })
  for (const [who, kept, isSubmitAllowed, expected] of [
    [null, packages, true, true],
    [user('submit'), packages, true, true],
    [user('operate'), packages, true, false],
    [user('read'), packages, true, false],
    [null, packages, false, false],
    [null, null, true, false],
    [null, undefined, true, false],
  ] as const) {
    const call = { request: { user: who }, services: { packages: kept }, context: { isSubmitAllowed } }
    assert.equal(maySubmit(call as unknown as FlinkCall), expected)
  }
})
