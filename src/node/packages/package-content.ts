import { isUtf8 } from 'node:buffer'
import { readFile, stat } from 'node:fs/promises'
import { type JobSyntax, syntaxOf } from '../../config/job-document.js'
import { MillraceError } from '../../core/error.js'
import { isJsonText } from '../../core/json-text.js'
import type { PackageEntry } from './api.js'
import { inspectZip, ZIP_LIMITS, type ZipLimits, zipNames } from './zip.js'
import { zipEntryBytes } from './zip-contents.js'
import type { ZipEntry } from './zip-format.js'

/** What a file was found to be. */
export interface PackageContent {
  /** `zip`: an archive that may be unpacked. `text`: one configuration. `java`: an archive of a JVM program. `other`: none of them. */
  readonly kind: 'zip' | 'text' | 'java' | 'other'
  readonly entries: readonly PackageEntry[]
  /** Of a zip: all contents together, unpacked. */
  readonly unpackedBytes: number
  /** Whether there are files that a configuration could read. */
  readonly hasFiles: boolean
  /** Why it cannot be run; `null` where nothing speaks against it. */
  readonly fault: string | null
}

/** A configuration as text. */
export interface PackageText {
  readonly text: string
  readonly format: JobSyntax
  readonly fileName: string
}

/** Size that a configuration may have, as in every other request. */
const CONFIGURATION_LIMIT_BYTES = 1024 * 1024
const MANIFEST = 'META-INF/MANIFEST.MF'
/** Attributes of the manifest that name what is run, in their order. @source Flink `PackagedProgram` */
const MANIFEST_NAMES = ['program-class', 'main-class'] as const
const CONFIGURATION = /\.(?:conf|json|sql)$/i
const LISTED = /^(?:config\/)?[^/]+\.(?:conf|json|sql)$/i
const DESCRIPTION_CHARACTERS = 300
const LIMITS: ZipLimits = ZIP_LIMITS

/**
 * Looks at an uploaded file. Whatever it is, this says what.
 *
 * @param name of the upload: what its one configuration is called when the file is one.
 * @throws MillraceError `FILE_READ_FAILED`
 */
export async function inspectPackage(path: string, name: string): Promise<PackageContent> {
  const names = await zipNames(path)
  if (names === null) return textContent(path, name)
  const isJava = names.some((each) => each.endsWith('.class'))
  try {
    const { entries, totalBytes } = await inspectZip(path, LIMITS)
    const listed = await listedEntries(path, entries, isJava)
    if (isJava && listed.length === 0) return javaContent()
    const files = entries.filter((entry) => isFile(entry) && !entry.name.startsWith('META-INF/'))
    return {
      kind: 'zip',
      entries: listed,
      unpackedBytes: totalBytes,
      hasFiles: files.length > 1,
      fault: listed.length === 0 ? NO_CONFIGURATION : null,
    }
  } catch (thrown) {
    if (!(thrown instanceof MillraceError) || thrown.code !== 'ARCHIVE_REFUSED') throw thrown
    // Java's tools make archives that are not taken here: with double entries, for example.
    return isJava && !names.some((each) => LISTED.test(each)) ? javaContent() : other(thrown.message)
  }
}

const NO_CONFIGURATION = 'the package has no job configuration: no .conf, .json or .sql at its root or in config/'
const JAVA = 'the package contains Java bytecode and no job configuration; this engine runs SeaTunnel job files'

function javaContent(): PackageContent {
  return { kind: 'java', entries: [], unpackedBytes: 0, hasFiles: false, fault: JAVA }
}

function other(fault: string): PackageContent {
  return { kind: 'other', entries: [], unpackedBytes: 0, hasFiles: false, fault }
}

async function textContent(path: string, name: string): Promise<PackageContent> {
  const { size } = await stat(path).catch(readFault)
  const bytes = size > CONFIGURATION_LIMIT_BYTES ? null : await readFile(path).catch(readFault)
  const text = bytes !== null && isUtf8(bytes) ? bytes.toString('utf8') : null
  if (text === null || !isJobText(text)) return other('the package is neither a zip archive nor a job configuration')
  const entry = {
    name: `${name.replace(/\.jar$/i, '')}.${SUFFIXES[syntaxOfText(text)]}`,
    description: descriptionOf(text),
  }
  return { kind: 'text', entries: [entry], unpackedBytes: 0, hasFiles: false, fault: null }
}

const SUFFIXES: Readonly<Record<JobSyntax, string>> = { hocon: 'conf', json: 'json', sql: 'sql' }

/** Whether a text could be a job: what is wrong with it is said when it is run. */
function isJobText(text: string): boolean {
  return !text.includes('\0') && /\bsource\b/i.test(text) && /\bsink\b/i.test(text)
}

function syntaxOfText(text: string): JobSyntax {
  if (/\bCREATE\s+TABLE\b/i.test(text) && /\bINSERT\s+INTO\b/i.test(text) && !/\bsource\s*"?\s*[{[:=]/i.test(text))
    return 'sql'
  return /^\s*\{/.test(text) && isJsonText(text) ? 'json' : 'hocon'
}

/** Configurations of one package that are listed; others can still be named. */
const LISTED_LIMIT = 1000
/** Bytes of configurations that are read for their descriptions; those behind have none. */
const DESCRIBED_BYTES = 16 * 1024 * 1024

/**
 * The configurations of an archive: what its manifest names, else those in the usual places in the order of their names.
 *
 * @param isJava whether there are classes: libraries bring settings of their own, which are no jobs.
 */
async function listedEntries(
  path: string,
  entries: readonly ZipEntry[],
  isJava: boolean,
): Promise<readonly PackageEntry[]> {
  const byName = new Map(entries.filter(isFile).map((entry) => [entry.name, entry]))
  const named = await manifestNames(path, byName)
  const found = named.length > 0 ? named : [...byName.keys()].filter((name) => LISTED.test(name)).toSorted()
  const listed: PackageEntry[] = []
  let restBytes = DESCRIBED_BYTES
  for (const name of new Set(found)) {
    const entry = byName.get(name)
    if (entry === undefined || listed.length === LISTED_LIMIT) continue
    restBytes -= entry.bytes
    const text = restBytes < 0 ? null : await textOf(path, entry)
    if (!isJava || (text !== null && isJobText(text)))
      listed.push({ name, description: text === null ? null : descriptionOf(text) })
  }
  return listed
}

/** The text of an entry; `null` when it is too large for a configuration. */
async function textOf(path: string, entry: ZipEntry): Promise<string | null> {
  if (entry.bytes > CONFIGURATION_LIMIT_BYTES) return null
  return (await zipEntryBytes(path, entry, CONFIGURATION_LIMIT_BYTES)).toString('utf8')
}

async function manifestNames(path: string, entries: ReadonlyMap<string, ZipEntry>): Promise<readonly string[]> {
  const manifest = [...entries.values()].find(({ name }) => name.toUpperCase() === MANIFEST)
  const text = manifest === undefined ? null : await textOf(path, manifest)
  if (text === null) return []
  const attributes = manifestAttributes(text)
  for (const attribute of MANIFEST_NAMES) {
    const names = (attributes.get(attribute) ?? '').split(',').map((name) => name.trim())
    const known = names.filter((name) => entries.has(name))
    if (known.length > 0) return known
  }
  return []
}

/** The attributes of a manifest's main section, names in lower case. A line that begins with a blank goes on with the one before. */
function manifestAttributes(text: string): ReadonlyMap<string, string> {
  const [main = ''] = text.replaceAll('\r\n', '\n').split('\n\n', 1)
  const lines = main.replaceAll('\n ', '').split('\n')
  return new Map(
    lines.flatMap((line) => {
      const colon = line.indexOf(':')
      return colon < 1 ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const]
    }),
  )
}

/** What the comment says that a configuration begins with; `null` without one. */
export function descriptionOf(text: string): string | null {
  const block = /^\s*\/\*([\s\S]*?)\*\//.exec(text)?.[1]
  const lines = block === undefined ? lineComments(text) : block.split('\n').map((line) => line.replace(/^\s*\*/, ''))
  // The block in front of a SQL job is its `env`.
  if (block !== undefined && /^\s*config\b/.test(block)) return null
  const said = lines
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ')
  return said === '' ? null : said.slice(0, DESCRIPTION_CHARACTERS)
}

function lineComments(text: string): readonly string[] {
  const lines: string[] = []
  for (const line of text.split('\n')) {
    const comment = /^\s*(?:#+|\/\/+|--)(.*)$/.exec(line)?.[1]
    if (comment === undefined && line.trim() === '' && lines.length === 0) continue
    if (comment === undefined) break
    lines.push(comment)
  }
  return lines
}

/**
 * The text of a configuration.
 *
 * @param name a listed entry, or any other file of an archive that looks like a configuration; `null` for the only one.
 * @throws MillraceError `JOB_PACKAGE`, `ARCHIVE_REFUSED`, `FILE_READ_FAILED`
 */
export async function packageText(path: string, content: PackageContent, name: string | null): Promise<PackageText> {
  // What is not in the usual places can still be named.
  if (content.fault !== null && (content.kind !== 'zip' || name === null))
    throw new MillraceError('JOB_PACKAGE', content.fault, { hint: content.kind === 'zip' ? NAME_HINT : undefined })
  const listed = content.entries.map((entry) => entry.name)
  const [only] = listed
  if (name === null && (listed.length !== 1 || only === undefined))
    throw unknownEntry('the package has several configurations and none was named', listed)
  const wanted = name ?? only ?? ''
  if (content.kind === 'text') {
    if (wanted !== only) throw unknownEntry(`the package has no configuration '${wanted.slice(0, 200)}'`, listed)
    const text = (await readFile(path).catch(readFault)).toString('utf8')
    return { text, format: syntaxOfText(text), fileName: wanted }
  }
  const { entries } = await inspectZip(path, LIMITS)
  const entry = entries.find((each) => isFile(each) && each.name === wanted)
  if (entry === undefined || (!listed.includes(wanted) && !CONFIGURATION.test(wanted)))
    throw unknownEntry(`the package has no configuration '${wanted.slice(0, 200)}'`, listed)
  const text = (await zipEntryBytes(path, entry, CONFIGURATION_LIMIT_BYTES)).toString('utf8')
  return {
    text,
    format: CONFIGURATION.test(wanted) ? syntaxOf(wanted.toLowerCase()) : syntaxOfText(text),
    fileName: wanted,
  }
}

const NAME_HINT = 'name a configuration as the entry class'
/** Names in an error at most. */
const NAMES_LIMIT = 20

function unknownEntry(message: string, listed: readonly string[]): MillraceError {
  if (listed.length === 0) return new MillraceError('JOB_PACKAGE', message)
  const names = listed.slice(0, NAMES_LIMIT).map((name) => `'${name}'`)
  const more = listed.length > NAMES_LIMIT ? ` and ${listed.length - NAMES_LIMIT} more` : ''
  return new MillraceError('JOB_PACKAGE', `${message}: there is ${names.join(', ')}${more}`, { hint: NAME_HINT })
}

const isFile = ({ name }: ZipEntry): boolean => !name.endsWith('/')

function readFault(error: unknown): never {
  throw new MillraceError('FILE_READ_FAILED', 'the package cannot be read', { cause: error })
}
