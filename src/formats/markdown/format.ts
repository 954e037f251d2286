import type { Column, DataType } from '../../core/schema.js'
import type { FileFormat } from '../../spi/format.js'

/** @source SeaTunnel `MarkdownReadStrategy.getSeaTunnelRowTypeInfo` */
const COLUMNS: readonly Column[] = [
  blockColumn('element_id', 'STRING'),
  blockColumn('element_type', 'STRING'),
  blockColumn('heading_level', 'INT'),
  blockColumn('text', 'STRING'),
  blockColumn('page_number', 'INT'),
  blockColumn('position_index', 'INT'),
  blockColumn('parent_id', 'STRING'),
  blockColumn('child_ids', 'STRING'),
]

/** Documents whose blocks are rows. */
export const format: FileFormat = {
  name: 'markdown',
  summary: 'Markdown documents: every heading, paragraph, list, list item, quote and fenced block is a row.',
  extension: 'md',
  needsSchema: false,

  async planRead() {
    return {
      columns: COLUMNS,
      layout: 'sequential',
      isWhole: true,
      codec: 'markdown',
      options: {},
      hasFixedColumns: true,
    }
  },
}

function blockColumn(name: string, kind: 'STRING' | 'INT'): Column {
  const type: DataType = { kind }
  return { name, type, nullable: true, length: null, scale: null, defaultValue: null, comment: null }
}
