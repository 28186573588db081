/** What the page of an export is written with, and what it and its worker say to each other. */
import type { Span } from '../../evaluation/spans';

/** A file beside the page, by its path from there. */
export interface PageFile {
  readonly path: string;
  readonly bytes: number;
}

/** What the worker opens. */
export interface PageModel {
  /** onnxruntime's program and its WebAssembly, and what it runs. */
  readonly files: Readonly<Record<'runtime' | 'wasm' | 'tokenizer' | 'graph', PageFile>>;
  /** The model's classes. */
  readonly tags: readonly string[];
  /** In pieces. */
  readonly maxLength: number;
}

/** How entities of a type are shown. */
export interface PageType {
  readonly name: string;
  readonly colour: string;
  readonly critical: boolean;
}

export interface PageData {
  readonly model: PageModel;
  readonly types: Readonly<Record<string, PageType>>;
}

/** An entity of a text: `start` and `end` are places in it, in UTF-16 units. */
export interface PlacedEntity extends Span {
  readonly confidence: number;
}

/** What was made of a text. */
export interface TaggedText {
  readonly entities: readonly PlacedEntity[];
  readonly words: number;
}

export type Request =
  /** @param base the address of the page */
  | { readonly kind: 'open'; readonly model: PageModel; readonly base: string }
  /** Takes the place of every earlier text. */
  | { readonly kind: 'tag'; readonly id: number; readonly text: string };

export type Answer =
  /** Bytes of the model's files. */
  | { readonly kind: 'loading'; readonly done: number; readonly total: number }
  | { readonly kind: 'ready'; readonly threads: number }
  /** One sentence. */
  | { readonly kind: 'failed'; readonly why: string }
  /** Words of a text. */
  | { readonly kind: 'tagging'; readonly id: number; readonly done: number; readonly total: number }
  | ({ readonly kind: 'tagged'; readonly id: number; readonly milliseconds: number } & TaggedText);
