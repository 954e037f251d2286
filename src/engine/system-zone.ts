import { readlinkSync } from 'node:fs'

const LINK = '/etc/localtime'
const NAME = /^[A-Za-z_]+(?:\/[A-Za-z0-9_+-]+)*$/
const FOLDER = /^.*\/zoneinfo\/(?:posix\/|right\/)?/

/**
 * The IANA name of this machine's zone: what `TZ` says, else where `/etc/localtime` leads. Where neither is a name JavaScript's own
 * answer is taken, which costs some 20 ms at a start.
 *
 * @param variable value of `TZ`; `undefined` when it is not set.
 */
export function systemZone(variable: string | undefined, readLink: () => string = () => readlinkSync(LINK)): string {
  if (variable !== undefined && variable !== '' && NAME.test(variable)) return variable
  if (variable === undefined || variable === '') {
    const name = linkedZone(readLink)
    if (name !== null) return name
  }
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

function linkedZone(readLink: () => string): string | null {
  try {
    const target = readLink()
    const name = target.replace(FOLDER, '')
    return name !== target && NAME.test(name) ? name : null
  } catch {
    return null
  }
}
