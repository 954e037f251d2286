import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemZone } from './system-zone.js'

const OWN = Intl.DateTimeFormat().resolvedOptions().timeZone
const absent = (): string => {
  throw new Error('no such link')
}

describe("the machine's zone", () => {
  const cases: readonly (readonly [name: string, variable: string | undefined, link: () => string, zone: string])[] = [
    ['is what TZ says', 'Asia/Tokyo', absent, 'Asia/Tokyo'],
    ['is what TZ says, not the link', 'UTC', () => '/usr/share/zoneinfo/Asia/Tokyo', 'UTC'],
    ['is where the link leads', undefined, () => '/usr/share/zoneinfo/Europe/Berlin', 'Europe/Berlin'],
    [
      'is where a link to a variant leads',
      '',
      () => '../usr/share/zoneinfo/posix/America/Port-au-Prince',
      'America/Port-au-Prince',
    ],
    ['has names with signs', undefined, () => '/usr/share/zoneinfo/Etc/GMT+8', 'Etc/GMT+8'],
    ['is asked for where there is no link', undefined, absent, OWN],
    ['is asked for where the link leads elsewhere', undefined, () => '/opt/zone', OWN],
    ['is asked for where TZ is a rule', 'CET-1CEST', absent, OWN],
  ]
  for (const [name, variable, link, zone] of cases) it(name, () => assert.equal(systemZone(variable, link), zone))
})
