import type { ConfigNode, ConfigObject } from './document.js'

/** Members of `env` as text, in their order. @source SeaTunnel `JobConfig.envOptions` (values by `toString`) */
export function envTexts(env: ConfigObject): ReadonlyMap<string, string> {
  return new Map([...env.entries].map(([key, node]) => [key, javaText(node)]))
}

/** A value as Java's `toString` prints what a JSON reader makes of it: `{a=1, b=[1, x]}`, `1.5`, `1.0E10`, `null`. */
export function javaText(node: ConfigNode): string {
  switch (node.kind) {
    case 'null':
      return 'null'
    case 'boolean':
      return String(node.value)
    case 'string':
      return node.value
    case 'number':
      return /^-?\d+$/.test(node.text) ? String(BigInt(node.text)) : javaDoubleText(node.value)
    case 'list':
      return `[${node.items.map(javaText).join(', ')}]`
    case 'object':
      return `{${[...node.entries].map(([key, value]) => `${key}=${javaText(value)}`).join(', ')}}`
  }
}

/** A double as Java prints it: always with a fraction, in scientific form below 0.001 and from 10 million on. */
export function javaDoubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const size = Math.abs(value)
  if (size >= 0.001 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value)
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
}
