import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { toJsonText } from '../../src/config/document.js'
import { parseJson } from '../../src/config/json.js'
import {
  decryptDocument,
  encryptDocument,
  FIRST_SHADE_POLICY,
  SHADE_POLICY,
  type ShadePolicy,
} from '../../src/config/shade.js'
import { MillraceError } from '../../src/core/error.js'
import { packageRoot } from '../../src/native/load.js'

interface Recorded {
  readonly name: string
  readonly request: { readonly body: string }
  readonly response: { readonly status: number; readonly body: string }
}

const VERSIONS = [
  ['2.3.4', FIRST_SHADE_POLICY],
  ['2.3.9-SNAPSHOT', SHADE_POLICY],
] as const

function sharedFolder(): string | null {
  const given = process.env.MILLRACE_SHARED
  const candidates = [...(given === undefined ? [] : [given]), ...['../shared', '../../shared'].map(besidePackage)]
  return candidates.find((path) => existsSync(join(path, 'reference/seatunnel'))) ?? null
}

function besidePackage(path: string): string {
  return join(packageRoot(), path)
}

const SHARED = sharedFolder()
const skip = SHARED === null ? 'the recordings are not here' : false

function recordings(version: string): readonly Recorded[] {
  if (SHARED === null) return []
  const lines = readFileSync(join(SHARED, `reference/seatunnel/rest-${version}.jsonl`), 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as Recorded).filter(({ name }) => /^v\d-encrypt-/.test(name))
}

/** What REST does between the body and the answer. */
function encryptConfig(text: string, policy?: ShadePolicy): string {
  const root = parseJson(text, 'request')
  assert.ok(root.kind === 'object')
  return toJsonText(encryptDocument(root, undefined, policy).root)
}

/** Messages of the original that are a Java text; ours say the same in words. Listed in docs/compatibility.md. */
const JAVA_TEXT = /^Cannot invoke .* because "(source|sink)s" is null$/

describe('the recorded answers of encrypt-config', { skip }, () => {
  for (const [version, policy] of VERSIONS) {
    for (const { name, request, response } of recordings(version)) {
      it(`${version} ${name}`, () => {
        if (response.status === 200) {
          assert.equal(encryptConfig(request.body, policy), response.body)
          return
        }
        const { message } = JSON.parse(response.body) as { readonly message: string }
        assert.throws(
          () => encryptConfig(request.body, policy),
          (error) => {
            assert.ok(error instanceof MillraceError)
            const [, section] = JAVA_TEXT.exec(message) ?? []
            if (section !== undefined) {
              const title = section === 'source' ? '<Source>' : '<Sink>'
              assert.equal(error.message, `Miss ${title} config! Please check the config file.`)
            } else if (error.code === 'SHADE') assert.equal(error.message, message)
            else assert.match(message, /Invalid JSON format|Request body is empty/)
            return true
          },
        )
      })
    }
  }
})

describe('the example of the seed page', { skip }, () => {
  const page = SHARED === null ? '' : readFileSync(join(SHARED, 'seeds/seatunnel-rest-api.txt'), 'utf8')
  const [, body = '', answer = ''] =
    /encrypt-config<[\s\S]*?```json\n([\s\S]*?)```[\s\S]*?```json\n([\s\S]*?)```/.exec(page) ?? []

  it('is answered member by member as the page shows', () => {
    assert.ok(body.includes('seatunnel_password') && answer.includes('c2VhdHVubmVsX3Bhc3N3b3Jk'))
    assert.equal(encryptConfig(body), JSON.stringify(JSON.parse(answer)))
  })

  it('is decrypted to what was sent', () => {
    const root = parseJson(encryptConfig(body), 'answer')
    assert.ok(root.kind === 'object')
    assert.equal(toJsonText(decryptDocument(root).root), JSON.stringify(JSON.parse(body)))
  })
})
