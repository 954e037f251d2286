import { createDecipheriv, pbkdf2Sync } from 'node:crypto'

/** Why the certificates of a file were not read. */
export type Pkcs12Fault = 'damaged' | 'password' | 'encryption'

/** One value of DER: its tag and what is in it. */
interface Value {
  readonly tag: number
  readonly content: Buffer
}

const SEQUENCE = 0x30
const INTEGER = 0x02
const OCTETS = 0x04
const OBJECT_ID = 0x06
const CONTEXT_0 = 0xa0
const CONTEXT_0_PRIMITIVE = 0x80
const OID_DATA = '2a864886f70d010701'
const OID_ENCRYPTED = '2a864886f70d010706'
const OID_PBES2 = '2a864886f70d01050d'
const OID_PBKDF2 = '2a864886f70d01050c'
const OID_CERTIFICATE_BAG = '2a864886f70d010c0a0103'
const OID_X509 = '2a864886f70d01091601'
/** Digests of the key derivation; SHA-1 where none is named. */
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['2a864886f70d0207', 'sha1'],
  ['2a864886f70d0209', 'sha256'],
  ['2a864886f70d020b', 'sha512'],
])
const CIPHERS: ReadonlyMap<string, { readonly name: string; readonly keyBytes: number }> = new Map([
  ['60864801650304012a', { name: 'aes-256-cbc', keyBytes: 32 }],
  ['608648016503040102', { name: 'aes-128-cbc', keyBytes: 16 }],
])
/** A file must not keep the node busy for minutes. */
const ROUNDS_LIMIT = 5_000_000

class Fault extends Error {
  constructor(readonly kind: Pkcs12Fault) {
    super(kind)
  }
}

/**
 * The certificates of a PKCS#12 file, with or without keys beside them: what node's `tls` does not read of a trust store. The
 * file's own checksum is not looked at.
 *
 * @returns certificates in PEM in the order of the file, or why there are none. `encryption`: one that is too old to be trusted.
 * @source RFC 7292, RFC 8018
 */
export function pkcs12Certificates(file: Buffer, password: string): readonly string[] | Pkcs12Fault {
  try {
    const [, authSafe] = values(only(file).content)
    return values(only(dataOf(authSafe)).content).flatMap((part) =>
      values(only(contentsOf(part, password)).content).flatMap(certificateOf),
    )
  } catch (error) {
    return error instanceof Fault ? error.kind : 'damaged'
  }
}

/** What is in one part of the file, decrypted. */
function contentsOf(part: Value, password: string): Buffer {
  const [type, content] = values(part.content)
  if (objectId(type) !== OID_ENCRYPTED) return dataOf(part)
  const [, info] = values(only(need(content, CONTEXT_0).content).content)
  const [, algorithm, bytes] = values(need(info, SEQUENCE).content)
  return decrypt(need(algorithm, SEQUENCE), need(bytes, CONTEXT_0_PRIMITIVE).content, password)
}

function decrypt(algorithm: Value, bytes: Buffer, password: string): Buffer {
  const [scheme, parameters] = values(algorithm.content)
  if (objectId(scheme) !== OID_PBES2) throw new Fault('encryption')
  const [derivation, encryption] = values(need(parameters, SEQUENCE).content)
  const [kind, settings] = values(need(derivation, SEQUENCE).content)
  const [cipherId, vector] = values(need(encryption, SEQUENCE).content)
  const cipher = CIPHERS.get(objectId(cipherId))
  if (objectId(kind) !== OID_PBKDF2 || cipher === undefined) throw new Fault('encryption')
  const [salt, rounds, ...more] = values(need(settings, SEQUENCE).content)
  const named = more.find(({ tag }) => tag === SEQUENCE)
  const digest = named === undefined ? 'sha1' : DIGESTS.get(objectId(values(named.content)[0]))
  const count = Number(`0x${need(rounds, INTEGER).content.toString('hex')}`)
  if (digest === undefined || !(count > 0 && count <= ROUNDS_LIMIT)) throw new Fault('encryption')
  const key = pbkdf2Sync(password, need(salt, OCTETS).content, count, cipher.keyBytes, digest)
  try {
    const decipher = createDecipheriv(cipher.name, key, need(vector, OCTETS).content)
    return Buffer.concat([decipher.update(bytes), decipher.final()])
  } catch {
    throw new Fault('password')
  }
}

/** The certificate of a bag; nothing for a bag of another kind. */
function certificateOf(bag: Value): string[] {
  const [kind, value] = values(bag.content)
  if (objectId(kind) !== OID_CERTIFICATE_BAG) return []
  const [form, content] = values(only(need(value, CONTEXT_0).content).content)
  if (objectId(form) !== OID_X509) return []
  const der = need(only(need(content, CONTEXT_0).content), OCTETS).content
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----`]
}

/** The bytes of a part that is plain data. */
function dataOf(part: Value | undefined): Buffer {
  const [type, content] = values(need(part, SEQUENCE).content)
  if (objectId(type) !== OID_DATA) throw new Fault('damaged')
  return need(only(need(content, CONTEXT_0).content), OCTETS).content
}

function objectId(value: Value | undefined): string {
  return need(value, OBJECT_ID).content.toString('hex')
}

function need(value: Value | undefined, tag: number): Value {
  if (value?.tag !== tag) throw new Fault('damaged')
  return value
}

/** The first value in some bytes. */
function only(bytes: Buffer): Value {
  const [first] = values(bytes)
  if (first === undefined) throw new Fault('damaged')
  return first
}

/** The values that stand one after the other. */
function values(bytes: Buffer): readonly Value[] {
  const found: Value[] = []
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at + 1] ?? 0x80
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f
    // A length of no bytes is one that is found by its end: DER does not have it.
    if (lengthBytes > 4 || first === 0x80 || at + 2 + lengthBytes > bytes.length) throw new Fault('damaged')
    const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes)
    const start = at + 2 + lengthBytes
    if (start + length > bytes.length) throw new Fault('damaged')
    found.push({ tag: bytes[at] ?? 0, content: bytes.subarray(start, start + length) })
    at = start + length
  }
  return found
}
