import { ERRORS } from '../../../src/rest/dialects/flink/shapes/values.js'
import { shapeOf } from '../../../src/rest/dialects/flink/shapes.js'
import type { SchemaContext } from '../../../src/rest/shape.js'
import type { Schema } from '../../support/json-schema.js'
import { schemaFaults } from '../../support/schema-faults.js'
import type { RecordedFlink } from './recordings.js'

/** Checks answers against the shapes of the operations, with no member beside theirs. */
export class AnswerCheck {
  readonly #context: SchemaContext

  constructor(profile: RecordedFlink) {
    this.#context = { profile, components: new Map(), isClosed: true }
  }

  /**
   * Where an answer is not what its operation says.
   *
   * @param path as in the table of operations.
   * @param status of the answer: an error has the shape of errors.
   * @param body as JSON; a text is an answer that is none.
   */
  faults(method: string, path: string, status: number, body: unknown): readonly string[] {
    const operation = shapeOf(method, path)
    if (operation === null) return [`${method} ${path} has no shape`]
    const shape = status >= 300 ? ERRORS : operation.answer
    if (shape === undefined) return typeof body === 'string' ? [] : ['body: is no text']
    return schemaFaults(shape.schema(this.#context) as Schema, body, this.#context.components)
  }
}
