import { MillraceError } from '../../core/error.js'
import type { Column } from '../../core/schema.js'
import { JsonPath } from '../../protocols/model/json-path.js'
import { clientSettings, endpointOf, readCustomConfig } from '../../protocols/model/options.js'
import { requireColumns, withColumns } from '../../spi/catalog.js'
import type { JsonObject } from '../../spi/json.js'
import { transformFactory } from '../../spi/transform.js'
import { type LlmConfig, LlmProcessor } from './processor.js'
import { type LLM_PROVIDERS, spec } from './spec.js'

/** Where providers are asked; `null` where the user has to say it. @source SeaTunnel `ModelProvider` */
const ENDPOINTS: Readonly<Record<(typeof LLM_PROVIDERS)[number], string | null>> = {
  OPENAI: 'https://api.openai.com/v1/chat/completions',
  DOUBAO: 'https://ark.cn-beijing.volces.com/api/v3/chat/completions',
  KIMIAI: 'https://api.moonshot.cn/v1/chat/completions',
  DEEPSEEK: 'https://api.deepseek.com/chat/completions',
  ZHIPU: 'https://open.bigmodel.cn/api/paas/v4/chat/completions',
  QIANFAN: null,
  MICROSOFT: null,
  CUSTOM: null,
  LOCAL: null,
}

/** Rows of a batch at most: more at once would only wait for their turn to be asked about. */
const BATCH_ROWS_LIMIT = 8192

/** Asks a model about every row, in requests of several rows. */
export const transform = transformFactory({
  spec,
  async lower(options, table) {
    const { modelProvider: provider, outputColumnName: name, outputDataType, inferenceColumns } = options
    if (provider === 'QIANFAN' || provider === 'LOCAL') {
      const hint = 'use OPENAI, DOUBAO, KIMIAI, MICROSOFT, DEEPSEEK or ZHIPU, or CUSTOM for any other HTTP interface'
      throw new MillraceError('UNIMPLEMENTED', `Unsupported model provider: ${provider}`, { hint })
    }
    if (table.columns.some((column) => column.name === name)) {
      const hint = "choose another 'output_column_name'"
      throw new MillraceError('FIELD_EXISTS', `llm inference field name ${name} already exists`, { hint, field: name })
    }
    const seen =
      inferenceColumns === null || inferenceColumns.length === 0
        ? table.columns.map((each) => each.name)
        : inferenceColumns
    requireColumns(table, seen, 'LLM')
    const custom = provider === 'CUSTOM' ? readCustomConfig(options.customConfig) : null
    if (custom !== null) new JsonPath(custom.responseParse)
    const config: LlmConfig = {
      chat: {
        provider,
        model: options.model,
        apiKey: options.apiKey,
        endpoint: endpointOf(provider, options.apiPath, ENDPOINTS[provider]),
        prompt: options.prompt,
        outputType: outputDataType,
        custom,
      },
      client: clientSettings(provider, options, custom === null ? [] : secretsOf(custom.headers)),
      rowsPerRequest: options.processBatchSize,
      columns: seen.map((column) => table.columns.findIndex((each) => each.name === column)),
    }
    const comment = 'Output column of LLM'
    const type = { kind: outputDataType }
    const added: Column = { name, type, nullable: true, length: null, scale: null, defaultValue: null, comment }
    const batchRows = Math.min(BATCH_ROWS_LIMIT, options.processBatchSize * options.concurrency)
    return {
      table: withColumns(table, [...table.columns, added]),
      processor: { config: config as unknown as JsonObject, batchRows },
    }
  },
  createProcessor: (config, context) => LlmProcessor.create(config as unknown as LlmConfig, context),
})

/** Values of headers, and what follows `Bearer` in them: they may be keys. */
function secretsOf(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers)
    .filter(([name]) => name.toLowerCase() !== 'content-type' && name.toLowerCase() !== 'accept')
    .flatMap(([, value]) => [value, value.replace(/^\w+\s+/, '')])
}
