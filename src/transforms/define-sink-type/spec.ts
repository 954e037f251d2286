import { option, optionSpec } from '../../config/option.js'
import { transformSpec } from '../../spi/spec.js'

const COLUMN = optionSpec({
  options: {
    column: option.string('column', { required: true, doc: 'Field whose type is set.' }),
    type: option.string('type', { required: true, doc: 'Type in the words of the target system.' }),
  },
})

/** Options of DefineSinkType. @source SeaTunnel `DefineSinkTypeTransformConfig` */
export const spec = transformSpec('DefineSinkType', {
  summary: 'Says which type a field gets in tables that a sink creates. The rows do not change.',
  options: {
    columns: option.objectList('columns', COLUMN, {
      required: true,
      doc: 'Fields and their types.',
      example: 'columns = [{ column = name, type = "nvarchar2(10)" }]',
    }),
  },
  example: 'DefineSinkType { columns = [{ column = name, type = "nvarchar2(10)" }] }',
})
