export * from './model/checkpoint'; export * from './model/token-classifier'; export * from './engine/select';
