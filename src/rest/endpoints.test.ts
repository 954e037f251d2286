import assert from 'node:assert/strict'
import { it } from 'node:test'
import { loadNodeConfig } from '../config/node-config.js'
import { endpointSettings } from './endpoints.js'
import { restEndpoints } from './open-rest.js'

it('everything that the settings open has a dialect, and nothing else is opened', () => {
  const yaml = (http: string, https: string, flink: string) =>
    `seatunnel:\n  engine:\n    http:\n      enable-http: ${http}\n      enable-https: ${https}\nmillrace:\n  flink:${flink}`
  const cases = [
    [yaml('true', 'true', ' {}'), ['v1', 'v2', 'v2-https', 'flink']],
    [yaml('false', 'false', '\n    enabled: true'), ['v1', 'flink']],
    [yaml('true', 'false', '\n    enabled: false'), ['v1', 'v2']],
    [yaml('false', 'true', '\n    enabled: false'), ['v1', 'v2-https']],
  ] as const
  for (const [text, names] of cases) {
    const config = loadNodeConfig({ seatunnel: { file: 'seatunnel.yaml', text } })
    const opened = restEndpoints({ config, profile: 'default', version: '', now: () => 0 })
    assert.deepEqual(
      opened.map(({ name }) => name),
      names,
      text,
    )
    assert.deepEqual(
      opened.map(({ dialect: _dialect, ...endpoint }) => endpoint),
      endpointSettings(config),
    )
    assert.deepEqual(
      opened.filter(({ isSecure }) => isSecure).map(({ name }) => name),
      names.filter((name) => name === 'v2-https'),
    )
  }
})
