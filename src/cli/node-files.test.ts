import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { withFolder } from '../../test/support/cli.js'
import { loadNodeConfig } from '../config/node-config.js'
import { packageRoot } from '../native/load.js'
import { type ConfigPlaces, clientFile, hazelcastFile, seatunnelFile, splitProperties } from './node-files.js'

/** Runs work in a folder with `home`, `work` and `installation`. */
function withPlaces(work: (places: ConfigPlaces, write: (path: string) => string) => void): Promise<void> {
  return withFolder(async (write) => {
    const root = dirname(write('any', ''))
    const places = {
      variables: new Map([['SEATUNNEL_HOME', join(root, 'home')]]),
      properties: new Map(),
      workingFolder: join(root, 'work'),
      installation: join(root, 'installation'),
    }
    work(places, (path) => {
      const file = join(root, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, `# ${path}\n`)
      return file
    })
  })
}

describe('configuration files', () => {
  it('are found in the order property, variable, home, working directory, installation', () =>
    withPlaces((places, write) => {
      const order = ['installation/config', 'work/config', 'work', 'home/config', 'variable', 'property', 'given']
      const [variable, property, given] = ['variable', 'property', 'given'].map((name) => `../${name}/seatunnel.yaml`)
      const all = { ...places, variables: new Map(places.variables), properties: new Map(places.properties) }
      assert.equal(seatunnelFile(all), undefined)
      for (const folder of order) {
        const file = write(`${folder}/seatunnel.yaml`)
        if (folder === 'variable') all.variables.set('SEATUNNEL_CONFIG', variable ?? '')
        if (folder === 'property') all.properties.set('seatunnel.config', property ?? '')
        const found = seatunnelFile(all, folder === 'given' ? (given ?? null) : null)
        assert.deepEqual(found, { file, text: `# ${folder}/seatunnel.yaml\n` })
      }
    }))

  it('of the network are chosen by the role', () =>
    withPlaces((places, write) => {
      const files = ['hazelcast-master.yaml', 'hazelcast-worker.yaml', 'hazelcast.yaml'].map((name) =>
        write(`home/config/${name}`),
      )
      const found = (['master', 'worker', 'master_and_worker'] as const).map(
        (role) => hazelcastFile(places, role)?.file,
      )
      assert.deepEqual(found, files)
    }))

  it('named with "classpath:" are looked for in the folders', () =>
    withPlaces((places, write) => {
      const file = write('home/config/other.yaml')
      const properties = new Map([['hazelcast.client.config', 'classpath:other.yaml']])
      assert.equal(clientFile({ ...places, properties })?.file, file)
    }))

  it('that are named and not there are refused', () =>
    withPlaces((places) => {
      const properties = new Map([['seatunnel.config', 'none.yaml']])
      assert.throws(() => seatunnelFile({ ...places, properties }), {
        code: 'CONFIG_NODE_FILE',
        message: "the configuration file 'none.yaml' does not exist",
      })
    }))

  it('that are too large are refused', () =>
    withPlaces((places, write) => {
      writeFileSync(write('work/seatunnel.yaml'), ' '.repeat(1024 * 1024 + 1))
      assert.throws(() => seatunnelFile(places), { code: 'CONFIG_NODE_FILE' })
    }))

  it('of this package are read without a fault or a warning', () => {
    const places = {
      variables: new Map<string, string>(),
      properties: new Map<string, string>(),
      workingFolder: '/nowhere',
      installation: packageRoot(),
    }
    for (const role of ['master', 'worker', 'master_and_worker'] as const) {
      const [seatunnel, hazelcast] = [seatunnelFile(places), hazelcastFile(places, role)]
      assert.ok(seatunnel !== undefined && hazelcast !== undefined)
      const { engine, hazelcast: network, warnings } = loadNodeConfig({ seatunnel, hazelcast })
      assert.deepEqual(warnings, [])
      assert.equal(network.clusterName, 'seatunnel')
      assert.equal(network.port, role === 'worker' ? 5802 : 5801)
      assert.equal(network.restApiEnabled, role !== 'worker')
      assert.equal(network.endpointGroups.DATA, role !== 'worker')
      assert.deepEqual([engine.httpEnabled, engine.httpPort], [true, 8080])
    }
  })
})

describe('splitProperties', () => {
  const cases: readonly (readonly [
    name: string,
    argv: readonly string[],
    jvm: string,
    properties: object,
    rest: readonly string[],
  ])[] = [
    ['nothing', [], '', {}, []],
    ['a property', ['-l', '-Da.b=c=d', '-h'], '', { 'a.b': 'c=d' }, ['-l', '-h']],
    ['options for a Java machine', ['-DJvmOption=-Xmx1g -Da=b  -XX:+X'], '', { a: 'b' }, []],
    ['the variable for a Java machine', ['x'], '-Da=1 -Xms2g', { a: '1' }, ['x']],
    ['the command line over the variable', ['-Da=2'], '-Da=1', { a: '2' }, []],
    ['other options', ['-d', '-D', '--Da=b'], '', {}, ['-d', '-D', '--Da=b']],
  ]
  for (const [name, argv, jvm, properties, rest] of cases) {
    it(`reads ${name}`, () => {
      const split = splitProperties(argv, new Map([['JvmOption', jvm]]))
      assert.deepEqual({ properties: Object.fromEntries(split.properties), rest: split.rest }, { properties, rest })
    })
  }
})
