/** BERT (Devlin et al. 2018), and the names that its descendants in transformers share with it. */
import type { ArchitectureDefinition, ModelNames } from './architecture';

const EPSILON = 1e-12;
/** BERT tells two segments apart; a sentence is all of the first. */
const TOKEN_TYPES = 2;

export const bert: ArchitectureDefinition = {
  className: 'BertForTokenClassification',
  prefix: 'bert',
  names: layers => bertNames('bert', layers),
  fields: {
    hiddenSize: 'hidden_size',
    layers: 'num_hidden_layers',
    heads: 'num_attention_heads',
    intermediateSize: 'intermediate_size',
    dropout: 'hidden_dropout_prob',
    attentionDropout: 'attention_probs_dropout_prob',
    activation: 'hidden_act',
  },
  constants: { type_vocab_size: TOKEN_TYPES, layer_norm_eps: EPSILON },
  layerNormEpsilon: EPSILON,
  tokenTypes: TOKEN_TYPES,
  positionsBehindPadding: false,
  dropsAttended: true,
};

export function bertNames(prefix: string, layers: number): ModelNames {
  const embeddings = `${prefix}.embeddings`;
  return {
    wordEmbeddings: `${embeddings}.word_embeddings.weight`,
    positionEmbeddings: `${embeddings}.position_embeddings.weight`,
    tokenTypeEmbeddings: `${embeddings}.token_type_embeddings.weight`,
    embeddingNorm: `${embeddings}.LayerNorm`,
    layers: Array.from({ length: layers }, (_, index) => {
      const at = `${prefix}.encoder.layer.${index}`;
      return {
        query: `${at}.attention.self.query`,
        key: `${at}.attention.self.key`,
        value: `${at}.attention.self.value`,
        attentionOutput: `${at}.attention.output.dense`,
        attentionNorm: `${at}.attention.output.LayerNorm`,
        intermediate: `${at}.intermediate.dense`,
        output: `${at}.output.dense`,
        outputNorm: `${at}.output.LayerNorm`,
      };
    }),
    classifier: 'classifier',
  };
}
