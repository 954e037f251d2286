import { MODEL_OPTIONS } from '../../protocols/model/options.js'
import { option, requiredWhen } from '../../spi/option.js'
import { transformSpec } from '../../spi/spec.js'

/** Providers of embedding models. */
export const EMBEDDING_PROVIDERS = ['OPENAI', 'DOUBAO', 'QIANFAN', 'ZHIPU', 'CUSTOM', 'AMAZON', 'LOCAL'] as const

/** Options of Embedding. @source SeaTunnel `EmbeddingTransformFactory` */
export const spec = transformSpec('Embedding', {
  summary: 'Turns texts, and images or videos where the provider takes them, into vectors of 32-bit floats.',
  options: {
    modelProvider: option.enumeration('model_provider', EMBEDDING_PROVIDERS, {
      required: true,
      doc: 'Whose model it is. AMAZON and LOCAL are known and refused.',
    }),
    vectorizationFields: option.node('vectorization_fields', {
      required: true,
      doc: 'Vector column = input column, or = { field, modality, format } with the format text, url or binary for what is no text (DOUBAO). An existing column of that name is replaced.',
      example: '{ book_intro_vector = book_intro }',
    }),
    singleVectorizedInputNumber: option.int('single_vectorized_input_number', {
      default: 1,
      min: 1,
      max: 2048,
      doc: 'Inputs of one request, over rows and fields; ZHIPU takes 64 at most.',
    }),
    dimension: option.int('dimension', {
      min: 1,
      doc: 'Length of the vectors. Without it the model is asked once while the job is planned; ZHIPU is asked for 2048.',
    }),
    awsRegion: option.string('aws_region', { doc: 'Region of AMAZON.' }),
    ...MODEL_OPTIONS,
  },
  rules: [
    requiredWhen('modelProvider', ['OPENAI', 'DOUBAO'], 'apiKey'),
    requiredWhen('modelProvider', 'QIANFAN', 'apiKey', 'secretKey', 'oauthPath'),
    requiredWhen('modelProvider', 'CUSTOM', 'customConfig'),
  ],
  example: `Embedding {
  model_provider = OPENAI
  model = text-embedding-3-small
  api_key = sk-xxx
  dimension = 1536
  vectorization_fields { book_intro_vector = book_intro }
}`,
})
