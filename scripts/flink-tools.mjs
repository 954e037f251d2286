// Fetches parts of Apache Flink that are no part of this project, into .cache/flink, and prints where they are.
//
//   node scripts/flink-tools.mjs dashboard     the files of Flink's dashboard, for 'millrace serve --flink-dashboard'
//   node scripts/flink-tools.mjs dashboard-1.20
//   node scripts/flink-tools.mjs client        the jars of Flink's command line and Java clients, 67 MB
//   node scripts/flink-tools.mjs client-1.20   the same of the line 1.20
//
// They come from the Maven repository that 'mvn' is set up with, at pinned versions with pinned digests; nothing is fetched that is there
// already. Where there is no 'mvn' or the repository does not answer, it prints one line that says so and ends with exit code 1; that
// answer is kept for ten minutes.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { extractJar } from './jar-files.mjs'
import { capture, ROOT, ScriptError, script, which } from './lib.mjs'
import { lastLine, madeOnce } from './made-once.mjs'

const FOLDER = join(ROOT, '.cache', 'flink')

/**
 * A file of the Maven repository.
 *
 * @typedef {{ readonly group: string, readonly name: string, readonly version: string, readonly sha256: string }} Artifact
 */

/** Versions of the dashboard, with the digest of its jar. @type {Readonly<Record<string, string>>} */
const DASHBOARDS = {
  '2.2.1': 'd80eee7e2fd71faa738ee52b800e1b10ed4ed52259baa5fb49d677e8e10e3ebc',
  '1.20.5': '948e1b0d42fe99288cfddc3b10d7f7d20ee6a59a5ccae6d241807a8c25a12d88',
}
/** Folder of the dashboard in its jar. */
const WEB_PREFIX = 'web/'
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy'

/**
 * Fetches a jar.
 *
 * @param {Artifact} artifact
 * @param {string} folder where it goes.
 * @returns {string} its path.
 * @throws {ScriptError} with one line when it cannot be had, or is not what it was when its digest was written down.
 */
export function fetchJar({ group, name, version, sha256 }, folder) {
  const maven = which('mvn')
  if (maven === null) throw new ScriptError("there is no 'mvn'")
  mkdirSync(folder, { recursive: true })
  const options = ['-q', '-B', COPY, '-Dmdep.useBaseVersion=true']
  const copied = capture(maven, [
    ...options,
    `-Dartifact=${group}:${name}:${version}:jar`,
    `-DoutputDirectory=${folder}`,
  ])
  if (!copied.ok) throw new ScriptError(`'${name}' cannot be fetched: ${firstFault(copied.stdout, copied.stderr)}`)
  const path = join(folder, `${name}-${version}.jar`)
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex')
  if (digest !== sha256) throw new ScriptError(`'${name}-${version}.jar' has the SHA-256 ${digest}, not ${sha256}`)
  return path
}

/**
 * @param {string} out
 * @param {string} err
 * @returns {string}
 */
function firstFault(out, err) {
  const fault = out.split('\n').find((line) => line.startsWith('[ERROR]'))
  return fault?.slice('[ERROR] '.length) ?? lastLine(err || out)
}

/**
 * The folder with the files of Flink's dashboard; fetches them when they are missing. Any number of processes may call it at once.
 *
 * @param {string} version one of `DASHBOARDS`.
 * @returns {string}
 * @throws {ScriptError} with one line when they cannot be had here.
 */
export function flinkDashboard(version) {
  const folder = join(FOLDER, `dashboard-${version}`)
  const sha256 = DASHBOARDS[version] ?? ''
  const make = () => {
    const jars = `${folder}.jars`
    try {
      const jar = fetchJar({ group: 'org.apache.flink', name: 'flink-runtime-web', version, sha256 }, jars)
      if (extractJar(jar, WEB_PREFIX, folder) === 0) throw new ScriptError('the jar has no dashboard')
    } finally {
      rmSync(jars, { recursive: true, force: true })
    }
  }
  madeOnce({ folder, key: sha256, make })
  return folder
}

const COPY_ALL = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'
/**
 * Versions of the clients, with the digest of all their jars: of the lines `NAME DIGEST` in the order of the names.
 *
 * @type {Readonly<Record<string, string>>}
 */
const CLIENTS = {
  '2.2.1': '93d8b516e6e63a40d846912f102492f148ae9359e607d6912a99b6d78bd5b671',
  '1.20.5': 'eba286ef4c40f5ae076ecf935cd84bc1a3634b63d7f86b019403721961f8d8a6',
}

/**
 * The project that depends on the clients.
 *
 * @param {string} version
 * @returns {string}
 */
function clientProject(version) {
  const dependencies = ['flink-clients', 'flink-runtime-web'].map(
    (name) =>
      `<dependency><groupId>org.apache.flink</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`,
  )
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>millrace</groupId><artifactId>flink-clients</artifactId><version>${version}</version><packaging>pom</packaging>
  <dependencies>${dependencies.join('')}</dependencies>
</project>
`
}

/**
 * @param {string} folder
 * @returns {string} hexadecimal.
 */
function jarsDigest(folder) {
  const hash = createHash('sha256')
  for (const name of readdirSync(folder)
    .filter((each) => each.endsWith('.jar'))
    .toSorted()) {
    hash.update(
      `${name} ${createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex')}\n`,
    )
  }
  return hash.digest('hex')
}

/**
 * The folder with the jars of Flink's command line and Java clients; fetches them when they are missing. Any number of processes may call
 * it at once.
 *
 * @param {string} version one of `CLIENTS`.
 * @returns {string}
 * @throws {ScriptError} with one line when they cannot be had here.
 */
export function flinkClient(version) {
  const folder = join(FOLDER, `client-${version}`)
  const wanted = CLIENTS[version] ?? ''
  const make = () => {
    const maven = which('mvn')
    if (maven === null) throw new ScriptError("there is no 'mvn'")
    mkdirSync(folder, { recursive: true })
    const project = join(folder, 'pom.xml')
    writeFileSync(project, clientProject(version))
    const copied = capture(maven, [
      '-q',
      '-B',
      '-f',
      project,
      COPY_ALL,
      `-DoutputDirectory=${folder}`,
      '-DincludeScope=runtime',
    ])
    if (!copied.ok)
      throw new ScriptError(`Flink's clients cannot be fetched: ${firstFault(copied.stdout, copied.stderr)}`)
    const digest = jarsDigest(folder)
    if (digest !== wanted)
      throw new ScriptError(`the jars of Flink's clients ${version} have the digest ${digest}, not ${wanted}`)
  }
  madeOnce({ folder, key: wanted, make })
  return folder
}

/** What can be asked for. @type {Readonly<Record<string, () => string>>} */
const PARTS = {
  dashboard: () => flinkDashboard('2.2.1'),
  'dashboard-1.20': () => flinkDashboard('1.20.5'),
  client: () => flinkClient('2.2.1'),
  'client-1.20': () => flinkClient('1.20.5'),
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await script(() => {
    const name = process.argv[2] ?? ''
    const fetchPart = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined
    if (fetchPart === undefined)
      throw new ScriptError(`usage: node scripts/flink-tools.mjs ${Object.keys(PARTS).join('|')}`)
    console.log(fetchPart())
  })
}
