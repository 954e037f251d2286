import { transformSpec } from '../../spi/spec.js'

/** Python is known by name, so that a job that has it is told what to use. */
export const spec = transformSpec('Python', {
  summary: 'Not implemented: no Python runs in this process. Use Sql, or DynamicCompile with JavaScript.',
  options: {},
  acceptsKey: () => true,
  example: 'Python { }',
})
