import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { MillraceError } from '../core/error.js'
import type { ParsedArguments } from './arguments.js'
import { type CommandSurface, readArguments } from './command.js'
import { type CliEnvironment, EXIT } from './environment.js'
import { textTable } from './job-table.js'
import { homeFolder } from './node-files.js'

/** What a user may do; each includes those in front of it. */
const ROLES = ['read', 'operate', 'submit'] as const
const NAME = /^[A-Za-z0-9_-]{1,64}$/
/** Bytes of a password that is made up. */
const MADE_UP_BYTES = 24

const SURFACE: CommandSurface = {
  name: 'users',
  summary: [
    'Keeps the file of users that "millrace serve --users FILE" asks for passwords of.',
    '',
    '  millrace users list',
    '  millrace users set NAME --role read|operate|submit',
    '  millrace users remove NAME',
    '',
    'The password comes from --password-file or MILLRACE_PASSWORD; without them one is made up and printed.',
    'Programs send it as HTTP Basic, or as the token NAME.PASSWORD.',
  ].join('\n'),
  operand: 'list|set|remove [NAME]',
  options: [
    {
      names: ['--file'],
      kind: 'value',
      value: 'FILE',
      doc: 'The file; MILLRACE_USERS, else config/users of the home.',
    },
    {
      names: ['--role'],
      kind: 'value',
      value: 'ROLE',
      doc: 'read: looks. operate: stops jobs too. submit: everything.',
    },
    { names: ['--password-file'], kind: 'value', value: 'FILE', doc: 'File with the password.' },
  ],
}

/** Lists, adds, changes and removes users. Only hashes of passwords are kept. */
export async function usersCommand(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const given = readArguments(SURFACE, argv, environment)
  if (typeof given === 'number') return given
  const [action = '', name] = given.rest
  const file = usersFile(given, environment)
  switch (action) {
    case 'list':
      environment.out(listText(readLines(file)))
      return EXIT.ok
    case 'set':
      return setUser(file, nameOf(name), given, environment)
    case 'remove':
      return removeUser(file, nameOf(name))
    default:
      throw usage(`'${action}' is none of list, set, remove`)
  }
}

function usersFile(given: ParsedArguments, { variables, workingFolder }: CliEnvironment): string {
  const named = given.value('--file') ?? variables.get('MILLRACE_USERS') ?? ''
  if (named !== '') return resolve(workingFolder, named)
  const home = homeFolder({ variables })
  if (home !== null) return join(home, 'config', 'users')
  throw usage('it is not known which file of users is meant', 'name it with --file or MILLRACE_USERS')
}

async function setUser(
  file: string,
  name: string,
  given: ParsedArguments,
  environment: CliEnvironment,
): Promise<number> {
  const lines = readLines(file)
  const before = lines.find((line) => userOf(line)?.name === name)
  const role = given.value('--role') ?? (before === undefined ? null : (userOf(before)?.role ?? null))
  if (role === null) throw usage(`it is not said what '${name}' may do`, `give --role with one of ${ROLES.join(', ')}`)
  if (!ROLES.some((each) => each === role)) throw usage(`'--role' is one of ${ROLES.join(', ')}, not '${role}'`)
  const asked = passwordOf(given, environment)
  const password = asked ?? randomBytes(MADE_UP_BYTES).toString('base64url')
  const line = `${name} ${role} ${await environment.hashPassword(password)}`
  writeLines(file, before === undefined ? [...lines, line] : lines.map((each) => (each === before ? line : each)))
  environment.out(`user '${name}' may ${role}\n`)
  if (asked === null) environment.out(`password: ${password}\n`)
  return EXIT.ok
}

function removeUser(file: string, name: string): number {
  const lines = readLines(file)
  const left = lines.filter((line) => userOf(line)?.name !== name)
  if (left.length === lines.length) throw usage(`there is no user '${name}' in '${file}'`)
  writeLines(file, left)
  return EXIT.ok
}

function passwordOf(given: ParsedArguments, { variables }: CliEnvironment): string | null {
  const file = given.value('--password-file')
  if (file === null) return variables.get('MILLRACE_PASSWORD') ?? null
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (cause) {
    throw new MillraceError('CLI_USAGE', `the file '${file}' cannot be read`, { cause })
  }
}

function nameOf(text: string | undefined): string {
  if (text !== undefined && NAME.test(text)) return text
  if (text === undefined) throw usage('no NAME was given')
  throw usage(`'${text.slice(0, 64)}' is no user name`, 'use letters, digits, - and _')
}

function userOf(line: string): { readonly name: string; readonly role: string } | null {
  const [name = '', role = ''] = line.trim().split(/\s+/)
  return name === '' || name.startsWith('#') ? null : { name, role }
}

function listText(lines: readonly string[]): string {
  const users = lines.flatMap((line) => userOf(line) ?? [])
  if (users.length === 0) return 'There are no users.\n'
  return textTable(
    ['NAME', 'ROLE'],
    users.map(({ name, role }) => [name, role]),
  )
}

function readLines(file: string): readonly string[] {
  try {
    const text = readFileSync(file, 'utf8')
    return text === '' ? [] : text.replace(/\n$/, '').split('\n')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new MillraceError('CLI_USAGE', `the file of users '${file}' cannot be read`, { cause })
  }
}

/** Renamed over the old file, so that a node that reads it sees the one or the other. */
function writeLines(file: string, lines: readonly string[]): void {
  try {
    rmSync(`${file}.new`, { force: true })
    writeFileSync(`${file}.new`, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  } catch (cause) {
    throw new MillraceError('CLI_USAGE', `the file of users '${file}' cannot be written`, { cause })
  }
}

function usage(message: string, hint?: string): MillraceError {
  return new MillraceError('CLI_USAGE', message, hint === undefined ? {} : { hint })
}
