/** What a plug-in declares its options with. */
export type { ConfigNode, ConfigObject } from '../config/document.js'
export {
  ABSENT,
  type AnyOptionSpec,
  type NumberBounds,
  type Option,
  type OptionFields,
  type OptionSettings,
  type OptionSpec,
  type OptionValues,
  option,
  optionSpec,
  REPLICA_NO_EFFECT,
  type ReadContext,
  type SpecValues,
  types,
  type ValueType,
} from '../config/option.js'
export {
  bundled,
  exactlyOneOf,
  type OptionRule,
  required,
  requiredWhen,
  requiredWhenAll,
  singleChoice,
} from '../config/option-rule.js'
