/**
 * Entities that are given by their characters, as spaCy, Prodigy, doccano and Label Studio write them, put onto words. Characters
 * are Unicode code points, as Python counts; where the text of entities shows that they are UTF-16 units, they are read so.
 */
import { bisectLeft, bisectRight } from 'd3-array';
import { InputError } from '../../errors';
import { counted } from '../../listed';
import { tagOf } from '../tags';

/** An entity by its characters, `end` exclusive. */
export interface Offsets {
  readonly start: number;
  readonly end: number;
  readonly type: string;
  /** Its text, where the file has it. */
  readonly text?: string;
}

/** A text with its words and where each starts, in UTF-16 units. */
export interface PlacedWords {
  readonly text: string;
  readonly words: readonly string[];
  readonly starts: readonly number[];
}

/** Puts entities onto the words of one text after another, and counts what had to be guessed. */
export class OffsetTagger {
  private entities = 0;
  private widened = 0;
  private overlapping = 0;
  private wordless = 0;
  private inUnits = 0;
  private otherText = 0;

  /**
   * BIO tags, one a word. An entity that begins or ends within a word gets the whole word; of entities that overlap the longest
   * stays, since tags can have but one.
   * @throws InputError where an entity is not in the text
   */
  tags({ text, words, starts }: PlacedWords, entities: readonly Offsets[], place: string): string[] {
    const tags = words.map(() => 'O');
    const units = this.inUnitsOf(text, entities, place);
    this.entities += entities.length;
    const longestFirst = [...units].sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
    for (const { start, end, type } of longestFirst) {
      let first = bisectRight(starts, start) - 1;
      if (first < 0 || starts[first] + words[first].length <= start) first++;
      const last = bisectLeft(starts, end) - 1;
      if (last < first) {
        this.wordless++;
        continue;
      }
      if (tags.slice(first, last + 1).some(tag => tag !== 'O')) {
        this.overlapping++;
        continue;
      }
      if (starts[first] < start || starts[last] + words[last].length > end) this.widened++;
      tags.fill(tagOf('I', type), first, last + 1);
      tags[first] = tagOf('B', type);
    }
    return tags;
  }

  get notes(): string[] {
    const note = (what: string, count: number) =>
      count > 0 ? [`entities that ${what}: ${count} of ${counted(this.entities, 'entity', 'entities')}`] : [];
    return [
      ...note('begin or end within a word and were widened to whole words', this.widened),
      ...note(
        'overlap a longer one, or one before, and were left out, since a word has one tag',
        this.overlapping,
      ),
      ...note('have no word and were left out', this.wordless),
      ...note('have another text than stands at their place', this.otherText),
      ...(this.inUnits > 0
        ? [
            `places in ${counted(this.inUnits, 'text')} were read in UTF-16 units, since in code points they do not fit`,
          ]
        : []),
    ];
  }

  /** The same places in UTF-16 units. */
  private inUnitsOf(text: string, entities: readonly Offsets[], place: string): readonly Offsets[] {
    const units = unitsOfCodePoints(text);
    const length = units.length - 1;
    const inPoints = ({ start, end }: Offsets) => text.slice(units[start], units[end]);
    const has = (own: string | undefined, found: string) => own === undefined || own === found;
    const fits = (each: Offsets) => each.end <= length && has(each.text, inPoints(each));
    const isPart = ({ start, end }: Offsets, most: number) =>
      Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= most;
    const asUnits = ({ start, end, text: own }: Offsets) => has(own, text.slice(start, end));
    if (!entities.every(fits) && entities.every(each => isPart(each, text.length) && asUnits(each))) {
      this.inUnits++;
      return entities;
    }
    const wrong = entities.find(each => !isPart(each, length));
    if (wrong)
      throw new InputError(
        `${place}: found an entity from character ${wrong.start} to ${wrong.end}, expected a part of the text of ${counted(length, 'character')}`,
      );
    this.otherText += entities.filter(each => !fits(each)).length;
    return entities.map(({ start, end, type }) => ({ start: units[start], end: units[end], type }));
  }
}

/** Where each code point starts, in UTF-16 units, and where the text ends. */
function unitsOfCodePoints(text: string): number[] {
  const starts: number[] = [];
  let unit = 0;
  for (const character of text) {
    starts.push(unit);
    unit += character.length;
  }
  return [...starts, unit];
}
