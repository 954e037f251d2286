import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { ScriptError } from './lib.mjs'

/** Signatures of a zip file's parts. @source PKWARE APPNOTE, sections 4.3.12 and 4.3.16 */
const ENTRY = 0x02014b50
const END = 0x06054b50
const END_BYTES = 22

/**
 * Writes the files below a folder of a jar, which is a zip file without comment at its end.
 *
 * @param {string} jar
 * @param {string} prefix folder inside the jar with its slash; it is left out of the names that are written.
 * @param {string} folder where they go.
 * @returns {number} how many they are.
 * @throws {ScriptError} for what is no such file.
 */
export function extractJar(jar, prefix, folder) {
  const bytes = readFileSync(jar)
  const end = bytes.length - END_BYTES
  if (end < 0 || bytes.readUInt32LE(end) !== END) throw new ScriptError(`'${jar}' is no jar`)
  const entryCount = bytes.readUInt16LE(end + 10)
  let at = bytes.readUInt32LE(end + 16)
  let written = 0
  for (let index = 0; index < entryCount; index += 1) {
    if (bytes.readUInt32LE(at) !== ENTRY) throw new ScriptError(`'${jar}' has a broken list of files`)
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset))
    const name = bytes.toString('utf8', at + 46, at + 46 + nameBytes)
    if (name.startsWith(prefix) && !name.endsWith('/') && !name.split('/').includes('..')) {
      const path = join(folder, name.slice(prefix.length))
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, contentOf(bytes, at))
      written += 1
    }
    at += 46 + nameBytes + extraBytes + commentBytes
  }
  return written
}

/**
 * @param {Buffer} bytes of the jar.
 * @param {number} at where the file's entry in the list is.
 * @returns {Buffer}
 */
function contentOf(bytes, at) {
  const isDeflated = bytes.readUInt16LE(at + 10) === 8
  const storedBytes = bytes.readUInt32LE(at + 20)
  const header = bytes.readUInt32LE(at + 42)
  // The header before the content has extra fields of its own.
  const from = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28)
  const stored = bytes.subarray(from, from + storedBytes)
  return isDeflated ? inflateRawSync(stored) : stored
}
