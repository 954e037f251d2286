import { shortened } from './long-text.js'

/** Class that Java clients expect; its name and number are the same in all versions since 2017. @source Flink `SerializedThrowable` */
const THROWABLE_CLASS = 'org.apache.flink.util.SerializedThrowable'
const THROWABLE_VERSION = 7284183123441947635n
const EXCEPTION_VERSION = -3387516993124229948n
const JAVA_THROWABLE_VERSION = -3042686055658047285n

/** Codes of the Java serialization protocol. @source Java Object Serialization Specification, section 6.4.2 */
const MAGIC = [0xac, 0xed, 0x00, 0x05]
const OBJECT = 0x73
const CLASS = 0x72
const STRING = 0x74
const LONG_STRING = 0x7c
const NULL = 0x70
const END_OF_BLOCK = 0x78
const SERIALIZABLE = 0x02
const HAS_OWN_WRITER = 0x03
const SHORT_TEXT_BYTES = 0xffff

/** A failure as Java clients read it. */
export interface Throwable {
  readonly class: string
  readonly 'stack-trace': string
  readonly 'serialized-throwable': string
}

/** @param message must not begin with the class name: clients print it behind that. */
export function throwable(className: string, text: string): Throwable {
  const message = shortened(text)
  const stack = `${className}: ${message}`
  return {
    class: className,
    'stack-trace': stack,
    'serialized-throwable': Buffer.from(serializedThrowable(className, message, stack)).toString('base64'),
  }
}

/** The stream of one exception object, as `ObjectOutputStream` writes it: message, class and stack as texts, no cause. */
function serializedThrowable(className: string, message: string, stack: string): Uint8Array {
  const textType = (kind: 'L' | '[', name: string, type: string) =>
    Buffer.concat([Buffer.from(kind), shortText(name), string(type)])
  const description = (name: string, version: bigint, flags: number, fields: readonly Uint8Array[]) =>
    Buffer.concat([
      Buffer.from([CLASS]),
      shortText(name),
      long(version),
      Buffer.from([flags, 0, fields.length]),
      ...fields,
      Buffer.from([END_OF_BLOCK]),
    ])
  return Buffer.concat([
    Buffer.from([...MAGIC, OBJECT]),
    description(THROWABLE_CLASS, THROWABLE_VERSION, SERIALIZABLE, [
      textType('L', 'fullStringifiedStackTrace', 'Ljava/lang/String;'),
      textType('L', 'originalErrorClassName', 'Ljava/lang/String;'),
      textType('[', 'serializedException', '[B'),
    ]),
    description('java.lang.Exception', EXCEPTION_VERSION, SERIALIZABLE, []),
    description('java.lang.Throwable', JAVA_THROWABLE_VERSION, HAS_OWN_WRITER, [
      textType('L', 'detailMessage', 'Ljava/lang/String;'),
    ]),
    Buffer.from([NULL]),
    string(message),
    Buffer.from([END_OF_BLOCK]),
    string(stack),
    string(className),
    Buffer.from([NULL]),
  ])
}

function string(text: string): Uint8Array {
  const bytes = javaUtf8(text)
  if (bytes.length <= SHORT_TEXT_BYTES) return Buffer.concat([Buffer.from([STRING]), shortText(text)])
  return Buffer.concat([Buffer.from([LONG_STRING]), long(BigInt(bytes.length)), bytes])
}

function shortText(text: string): Uint8Array {
  const bytes = javaUtf8(text)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function long(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}

/** Java's own UTF-8: each half of a surrogate pair by itself in three bytes, and NUL in two. */
function javaUtf8(text: string): Uint8Array {
  const bytes: number[] = []
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit !== 0 && unit < 0x80) bytes.push(unit)
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f))
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f))
  }
  return Buffer.from(bytes)
}
