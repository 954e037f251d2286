/** An element of an answer: its text, or the elements in it. Attributes and namespaces mean nothing here. */
export interface XmlElement {
  readonly name: string
  readonly text: string
  readonly children: readonly XmlElement[]
}

/** Answers are lists of flat records; whatever is deeper is none. */
const DEPTH_LIMIT = 16

const TOKEN = /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<(\/?)([A-Za-z_][\w.:-]*)((?:\s[^<>]*?)?)(\/?)>|[^<]+/y

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

interface OpenElement {
  readonly name: string
  text: string
  readonly children: XmlElement[]
}

/**
 * Parses the XML of a service's answer: elements, text, the five named and numeric entities. Document types, and with them
 * entities of one's own, are not understood.
 *
 * @returns the root element, or `null` when the text is not such a document.
 */
export function parseXml(text: string): XmlElement | null {
  const stack: OpenElement[] = [{ name: '', text: '', children: [] }]
  TOKEN.lastIndex = text.charCodeAt(0) === 0xfeff ? 1 : 0
  while (TOKEN.lastIndex < text.length) {
    const token = TOKEN.exec(text)
    const open = stack.at(-1)
    if (token === null || open === undefined) return null
    const [whole, slash, name, , selfClosing] = token
    if (name === undefined) {
      if (!whole.startsWith('<')) open.text += whole
    } else if (slash === '/') {
      const parent = stack.at(-2)
      if (open.name !== name || parent === undefined) return null
      const value = unescapeXml(open.children.length > 0 ? '' : open.text)
      if (value === null) return null
      parent.children.push({ name: localName(name), text: value, children: open.children })
      stack.pop()
    } else if (selfClosing === '/') {
      open.children.push({ name: localName(name), text: '', children: [] })
    } else {
      if (stack.length > DEPTH_LIMIT) return null
      stack.push({ name, text: '', children: [] })
    }
  }
  const [top] = stack
  const root = top?.children[0]
  return stack.length === 1 && top?.children.length === 1 && top.text.trim() === '' && root !== undefined ? root : null
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function unescapeXml(text: string): string | null {
  let isValid = true
  const value = text.replace(/&(#x[0-9a-fA-F]+|#\d+|\w+);?/g, (whole, name: string) => {
    const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    const found = name.startsWith('#') ? characterOf(code) : ENTITIES[name]
    if (found === undefined || !whole.endsWith(';')) isValid = false
    return found ?? ''
  })
  return isValid ? value : null
}

function characterOf(code: number): string | undefined {
  return Number.isInteger(code) && code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined
}

/** The text of a child element, or `null` without one. */
export function childText(element: XmlElement, name: string): string | null {
  return element.children.find((child) => child.name === name)?.text ?? null
}

/** Child elements of a name. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name)
}

/** Text as it may stand in an element. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;')
}
