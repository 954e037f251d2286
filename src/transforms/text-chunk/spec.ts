import { option } from '../../config/option.js'
import { transformSpec } from '../../spi/spec.js'

/** Options of TextChunk. @source SeaTunnel `TextChunkTransformConfig` */
export const spec = transformSpec('TextChunk', {
  summary: 'Cuts a long text into chunks, one row each.',
  options: {
    textField: option.string('text_field', { required: true, doc: 'Field with the text.' }),
    outputField: option.string('output_field', {
      default: 'chunk',
      doc: 'Field for the chunk; one of that name is replaced in its place, unless it is part of a key.',
    }),
    chunkIndexField: option.string('chunk_index_field', {
      default: 'chunk_index',
      doc: 'Field for the number of the chunk in its text, from 0. It is added to the primary key and to unique keys.',
    }),
    chunkSize: option.int('chunk_size', { default: 1000, min: 1, doc: 'Most code points of a chunk.' }),
    overlapSize: option.int('overlap_size', {
      default: 0,
      min: 0,
      doc: 'Most code points at the end of a chunk that come again in the next one, in whole pieces; less than `chunk_size`.',
    }),
    separators: option.stringList('separators', {
      default: ['\n\n', '\n', '。', '！', '？', '. ', ' '],
      doc:
        'Where a text may be cut, best places first; separators stay at the end of their piece. ' +
        'An empty list cuts after every `chunk_size` code points.',
    }),
    skipEmptyText: option.boolean('skip_empty_text', {
      default: true,
      doc: 'Whether a row without text is dropped; else it keeps a null chunk with number 0.',
    }),
  },
  example: 'TextChunk { text_field = "content", chunk_size = 500, overlap_size = 50 }',
  examples: [
    {
      title: 'words that fit',
      block: 'TextChunk { text_field = content, chunk_size = 8 }',
      input: {
        fields: 'id = int, content = string',
        rows: [
          [1, 'one two three'],
          [2, null],
        ],
      },
      output: {
        fields: 'id = int, content = string, chunk = string, chunk_index = int',
        rows: [
          [1, 'one two three', 'one two ', 0],
          [1, 'one two three', 'three', 1],
        ],
      },
    },
  ],
})
