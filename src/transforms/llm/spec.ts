import { MODEL_OPTIONS } from '../../protocols/model/options.js'
import { option, requiredWhen } from '../../spi/option.js'
import { transformSpec } from '../../spi/spec.js'

/** Providers of chat models. */
export const LLM_PROVIDERS = [
  'OPENAI',
  'DOUBAO',
  'QIANFAN',
  'KIMIAI',
  'MICROSOFT',
  'DEEPSEEK',
  'ZHIPU',
  'CUSTOM',
  'LOCAL',
] as const

/** Types that an answer can be read as. */
export const LLM_TYPES = ['STRING', 'INT', 'BIGINT', 'DOUBLE', 'BOOLEAN'] as const

/** Options of LLM. @source SeaTunnel `LLMTransformFactory` */
export const spec = transformSpec('LLM', {
  summary: 'Asks a large language model about every row and keeps the answer in a new column.',
  options: {
    modelProvider: option.enumeration('model_provider', LLM_PROVIDERS, {
      required: true,
      doc: 'Whose model it is; MICROSOFT needs api_path. QIANFAN and LOCAL are known and refused.',
    }),
    prompt: option.string('prompt', {
      required: true,
      doc: 'What the model is to find out about each row; rules for the form of the answer are added to it.',
      example: 'Determine whether someone is Chinese or American by their name',
    }),
    outputDataType: option.enumeration('output_data_type', LLM_TYPES, {
      default: 'STRING',
      doc: 'Type of the new column; an answer that is not of it fails the job.',
    }),
    outputColumnName: option.string('output_column_name', {
      default: 'llm_output',
      doc: 'Name of the new column; there must be no column of that name.',
    }),
    inferenceColumns: option.stringList('inference_columns', {
      doc: 'Columns that the model sees; all of them by default.',
    }),
    ...MODEL_OPTIONS,
  },
  rules: [
    requiredWhen('modelProvider', ['OPENAI', 'DOUBAO', 'MICROSOFT'], 'apiKey'),
    requiredWhen('modelProvider', 'QIANFAN', 'apiKey', 'secretKey', 'oauthPath'),
    requiredWhen('modelProvider', 'CUSTOM', 'customConfig'),
  ],
  example: `LLM {
  model_provider = OPENAI
  model = gpt-4o-mini
  api_key = sk-xxx
  prompt = "Determine whether someone is Chinese or American by their name"
}`,
})
