import { INTEGER, mapOf, named, object } from '../../../shape.js'
import type { OperationShape } from './operation-shape.js'
import { DONE, EMPTY, polled, TRIGGER } from './values.js'

/** Bounds of the parallelism by vertex. */
const REQUIREMENTS = named(
  'FlinkRequirements',
  mapOf(object({ parallelism: object({ lowerBound: INTEGER, upperBound: INTEGER }) })),
)

/** The parallelism of running jobs. */
export const RESCALING_SHAPES = {
  'PATCH /jobs/:jobid/rescaling': { query: { parallelism: INTEGER }, answer: TRIGGER, refusals: [409] },
  'GET /jobs/:jobid/rescaling/:triggerid': { answer: polled('FlinkRescaling', DONE) },
  'GET /jobs/:jobid/resource-requirements': { answer: REQUIREMENTS },
  'PUT /jobs/:jobid/resource-requirements': { body: REQUIREMENTS, answer: EMPTY, refusals: [409] },
} as const satisfies Record<string, OperationShape>
