import type { FlameNode } from '../api.js'

/** Nodes by depth first: name, value, number of children. Smaller than an object for each. */
type FlatNode = readonly [name: string, value: number, children: number]

/**
 * A page that shows a flame graph: one file that loads nothing. A click on a call shows what is in it, and a text finds calls.
 *
 * @param title for people.
 */
export function flamePage(title: string, root: FlameNode): string {
  const nodes: FlatNode[] = []
  flatten(root, nodes)
  // Inside of a script element only this letter could end it.
  const data = JSON.stringify(nodes).replaceAll('<', '\\u003c')
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escaped(title)}</h1><button id="all">Show all</button><input id="find" placeholder="Find"><span id="what"></span></header>
<main id="graph"></main>
<script>
const NODES = ${data}
${SCRIPT}</script>
</body>
</html>
`
}

function flatten({ name, value, children }: FlameNode, into: FlatNode[]): void {
  into.push([name, value, children.length])
  for (const child of children) flatten(child, into)
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

const STYLE = `
body { margin: 0; font: 12px/18px monospace; background: #fff; color: #222 }
header { position: sticky; top: 0; z-index: 1; padding: 8px; background: #fff; border-bottom: 1px solid #ccc }
h1 { display: inline; margin-right: 16px; font-size: 15px }
#what { margin-left: 16px }
main { position: relative }
main div { position: absolute; box-sizing: border-box; height: 18px; padding: 0 3px; overflow: hidden; white-space: nowrap;
  border: 1px solid #fff; border-radius: 3px; cursor: pointer }
main div.found { background: #c4f !important }
`

/** Runs in the page. Names are set as text and never as markup. */
const SCRIPT = `
const graph = document.getElementById('graph')
const what = document.getElementById('what')
const find = document.getElementById('find')
let at = 0
function read(depth, parent) {
  const [name, value, count] = NODES[at++]
  const node = { name, value, depth, parent, children: [] }
  for (let child = 0; child < count; child++) node.children.push(read(depth + 1, node))
  return node
}
const root = read(0, null)
let shown = root
function colour(name) {
  let hash = 0
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) >>> 0
  const hue = name.includes('::') ? 20 : /^(v8|node|lib|ld)\\b/.test(name) ? 210 : 90
  return 'hsl(' + (hue + hash % 30) + ' 75% ' + (70 + hash % 12) + '%)'
}
function box(node, left, width) {
  const element = document.createElement('div')
  element.textContent = node.name
  element.title = text(node)
  element.style.cssText = 'left:' + left * 100 + '%;width:' + width * 100 + '%;top:' + node.depth * 18 + 'px;background:' + colour(node.name)
  const wanted = find.value.toLowerCase()
  if (wanted !== '' && node.name.toLowerCase().includes(wanted)) element.className = 'found'
  element.onclick = () => { shown = node; draw() }
  element.onmouseenter = () => { what.textContent = text(node) }
  graph.append(element)
}
function text(node) {
  return node.name + ': ' + node.value + ' samples, ' + (root.value === 0 ? 0 : 100 * node.value / root.value).toFixed(1) + ' %'
}
function draw() {
  graph.replaceChildren()
  for (let node = shown.parent; node !== null; node = node.parent) box(node, 0, 1)
  let deepest = shown.depth
  const visit = (node, left, width) => {
    if (width < 0.0005) return
    box(node, left, width)
    deepest = Math.max(deepest, node.depth)
    for (const child of node.children) {
      const part = width * child.value / node.value
      visit(child, left, part)
      left += part
    }
  }
  visit(shown, 0, 1)
  graph.style.height = (deepest + 1) * 18 + 'px'
}
document.getElementById('all').onclick = () => { shown = root; draw() }
find.oninput = draw
draw()
`
