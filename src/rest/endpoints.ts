import type { NodeConfig } from '../config/node-config.js'

/** What listens: REST v1, REST v2, REST v2 over TLS, and Flink's. The native API is on all of SeaTunnel's. */
export type EndpointName = 'v1' | 'v2' | 'v2-https' | 'flink'

/** Where something listens. */
export interface EndpointSettings {
  readonly name: EndpointName
  /** The first port to try, and how many. */
  readonly port: number
  readonly portCount: number
  readonly isSecure: boolean
  /** Whether a node does without it where its port is taken. */
  readonly isOptional: boolean
}

/** Everything that the settings of a node say is to be opened: what is opened, and what is told of who reaches it, come from here. */
export function endpointSettings({ engine, hazelcast, millrace }: NodeConfig): readonly EndpointSettings[] {
  const plain = { portCount: 1, isSecure: false, isOptional: false }
  const v1Ports = hazelcast.portAutoIncrement ? hazelcast.portCount : 1
  const v2Ports = engine.httpDynamicPort ? engine.httpPortRange : 1
  const { flinkEnabled, flinkPort } = millrace
  return [
    { ...plain, name: 'v1', port: hazelcast.port, portCount: v1Ports },
    ...listed(engine.httpEnabled, { ...plain, name: 'v2', port: engine.httpPort, portCount: v2Ports }),
    ...listed(engine.httpsEnabled, { ...plain, name: 'v2-https', port: engine.httpsPort, isSecure: true }),
    // Who has not asked for it does without it.
    ...listed(flinkEnabled !== false, { ...plain, name: 'flink', port: flinkPort, isOptional: flinkEnabled === null }),
  ]
}

const listed = (isOpen: boolean, endpoint: EndpointSettings): readonly EndpointSettings[] => (isOpen ? [endpoint] : [])
