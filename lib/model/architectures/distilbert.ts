/** DistilBERT (Sanh et al. 2019): BERT without token types, and without dropout behind attention. */
import type { ArchitectureDefinition } from './architecture';

export const distilbert: ArchitectureDefinition = {
  className: 'DistilBertForTokenClassification',
  prefix: 'distilbert',
  names: layers => ({
    wordEmbeddings: 'distilbert.embeddings.word_embeddings.weight',
    positionEmbeddings: 'distilbert.embeddings.position_embeddings.weight',
    embeddingNorm: 'distilbert.embeddings.LayerNorm',
    layers: Array.from({ length: layers }, (_, index) => {
      const at = `distilbert.transformer.layer.${index}`;
      return {
        query: `${at}.attention.q_lin`,
        key: `${at}.attention.k_lin`,
        value: `${at}.attention.v_lin`,
        attentionOutput: `${at}.attention.out_lin`,
        attentionNorm: `${at}.sa_layer_norm`,
        intermediate: `${at}.ffn.lin1`,
        output: `${at}.ffn.lin2`,
        outputNorm: `${at}.output_layer_norm`,
      };
    }),
    classifier: 'classifier',
  }),
  fields: {
    hiddenSize: 'dim',
    layers: 'n_layers',
    heads: 'n_heads',
    intermediateSize: 'hidden_dim',
    dropout: 'dropout',
    attentionDropout: 'attention_dropout',
    activation: 'activation',
  },
  constants: { sinusoidal_pos_embds: false },
  layerNormEpsilon: 1e-12,
  tokenTypes: 0,
  positionsBehindPadding: false,
  dropsAttended: false,
};
