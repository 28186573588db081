/**
 * RoBERTa (Liu et al. 2019): BERT's layers and names with one token type, a larger LayerNorm ε, and fairseq's count of
 * positions. It usually comes with a byte-level tokenizer and the special tokens `<s>`, `</s>` and `<pad>`.
 */
import type { ArchitectureDefinition } from './architecture';
import { bert, bertNames } from './bert';

const EPSILON = 1e-5;
/** It tells no segments apart; transformers keeps the one row that is added everywhere. */
const TOKEN_TYPES = 1;

export const roberta: ArchitectureDefinition = {
  className: 'RobertaForTokenClassification',
  prefix: 'roberta',
  names: layers => bertNames('roberta', layers),
  fields: bert.fields,
  constants: { type_vocab_size: TOKEN_TYPES, layer_norm_eps: EPSILON },
  layerNormEpsilon: EPSILON,
  tokenTypes: TOKEN_TYPES,
  positionsBehindPadding: true,
  dropsAttended: true,
};
