import { createContext, Script } from 'node:vm'
import * as pack from '../../arrow/pack.js'
import * as read from '../../arrow/read.js'
import * as write from '../../arrow/write.js'
import type { Inside } from './inside.js'
import * as inside from './inside.js'

/** The functions that the user's code may define. */
const USER_FUNCTIONS = ['getInlineOutputColumns', 'getInlineOutputFieldValues', 'processBatch']

/** All functions that run inside, as one text. */
function prelude(): string {
  const functions = [pack, read, write, inside].flatMap((module) => Object.values(module) as readonly unknown[])
  return functions
    .filter((each) => typeof each === 'function')
    .map((each) => String(each))
    .join('\n')
}

/**
 * Runs the user's code in a realm of its own and gives the one object through which it is called.
 *
 * The realm has the language and nothing else: no `require`, `process`, timers, `fetch` or `console`; no code is made from text in
 * it. Nothing but texts, numbers and memory that it made itself crosses, so that no object of the outer realm is ever in its reach.
 *
 * @param source the user's code, a script.
 * @param file what stack traces call it.
 * @throws what the code throws while it is compiled or first run.
 */
export function openRealm(source: string, file: string): Inside {
  const context = createContext(Object.create(null), {
    codeGeneration: { strings: false, wasm: false },
    microtaskMode: 'afterEvaluate',
  })
  const run = (text: string, filename: string): unknown => new Script(text, { filename }).runInContext(context)
  // The prelude keeps its functions to itself.
  const make = run(
    `'use strict';((makeUser) => { const { TextDecoder, TextEncoder } = utf8Classes(); ${prelude()}\nreturn makeInside(makeUser()) })`,
    'millrace-prelude.js',
  ) as (makeUser: unknown) => Inside
  // What an inspector would add is not part of the language; what the border stands on stays what it is.
  const setUp =
    "delete globalThis.console; Object.freeze(JSON); Object.defineProperty(globalThis, 'ArrayBuffer', { value: ArrayBuffer, writable: false, configurable: false })"
  run(setUp, 'millrace-prelude.js')
  run(source, file)
  const found = USER_FUNCTIONS.map((name) => `${name}: typeof ${name} === 'undefined' ? undefined : ${name}`)
  return make(run(`(() => ({ ${found.join(', ')} }))`, 'millrace-user.js'))
}
