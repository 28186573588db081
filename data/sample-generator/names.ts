/**
 * The invented names of the sample corpus. Names are put together from morphemes, so that their endings hint at what
 * they name; and kinds share names (a club bears its town's, a company its founder's), so that often only the
 * sentence can say which is meant.
 */
import type { Random } from 'ner-distill/random';

const ONSETS =
  'b br c ch d dr f fr g gr h j k kr l m n p pr r s sch sk st str t tr v w z bl gl kl pl sl th h l m r v t'.split(
    ' ',
  );
const NUCLEI = 'a e i o u a e o i a e u au ie ea'.split(' ');
const CODAS = 'l n r s t m k d nd rn lm rk ll nn sk rt ld ss'.split(' ');

/** One or two syllables, the root of all invented names. */
function root(random: Random): string {
  const syllable = () => random.pick(ONSETS) + random.pick(NUCLEI);
  const first = random.chance(0.15) ? random.pick('a e o i u'.split(' ')) : syllable();
  return random.chance(0.65)
    ? first + random.pick(CODAS)
    : first + random.pick(CODAS).slice(0, 1) + random.pick(NUCLEI).slice(0, 1) + random.pick(CODAS);
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}

function derived(random: Random, endings: string): string {
  const ending = random.pick(endings.split(' '));
  let stem = root(random);
  if (/^[aeiou]/.test(ending)) stem = stem.replace(/[aeiou]+$/, '');
  return capital(stem + ending).replace(/(.)\1\1/g, '$1$1');
}

/** Endings that towns and families share, as in many real countries; they tell nothing about the type. */
const SHARED_ENDINGS = 'well ton ford berg er en ay o ham ley by ard in es';

/** English words that are also family names: as a word each is seen in lower case or at the start of a sentence. */
const WORD_SURNAMES =
  'Stone Frost Marsh Rice Price Field Steel Banks Waters Winter Summers Hill Wood Bridges Court Judge Bond Gold Silver Fields Marks Shares Storm Snow Rivers Power Cross Port Lane Mills Bell Church Grain Drought'.split(
    ' ',
  );

export function makeSurname(random: Random): string {
  const kind = random.next();
  if (kind < 0.1) return random.pick(WORD_SURNAMES);
  if (kind < 0.47) return derived(random, SHARED_ENDINGS);
  if (kind < 0.52) return `${random.pick(['Mc', "O'", 'De', 'Mac'])}${derived(random, 'an er en ey')}`;
  return derived(
    random,
    'ov ova sen ski ska ini etz man mann ic ez oja escu enko idis son quist aro eau ert inen',
  );
}

export function makeGiven(random: Random): string {
  return derived(random, 'a o en is ek ine us ia ik as ette i an el ina eth is or ey e');
}

/** A town; some have two words. */
export function makeTown(random: Random): string {
  const kind = random.next();
  if (kind < 0.06) return `Port ${derived(random, 'a ey in o er')}`;
  if (kind < 0.1) return `New ${derived(random, SHARED_ENDINGS)}`;
  if (kind < 0.14) return `San ${derived(random, 'o a es ino')}`;
  if (kind < 0.17) return `${derived(random, SHARED_ENDINGS)} Bay`;
  if (kind < 0.6) return derived(random, SHARED_ENDINGS);
  return derived(
    random,
    'holm burg port stad vik grad bruck mouth ola aro ava sk dorf haven minster ino abad',
  );
}

export interface Country {
  readonly name: string;
  /** The adjective, such as "Aldmarkish"; MISC as in CoNLL-2003. */
  readonly adjective: string;
  /** Its people in the plural; MISC. */
  readonly people: string;
}

export function makeCountry(random: Random): Country {
  const stem = capital(root(random).replace(/[aeiou]+$/, ''));
  const [ending, adjective, people] = random.pick([
    ['ia', 'ian', 'ians'],
    ['ia', 'ian', 'ians'],
    ['land', 'landic', 'landers'],
    ['mark', 'markish', 'markers'],
    ['istan', 'istani', 'istanis'],
    ['ea', 'ean', 'eans'],
    ['ora', 'oran', 'orans'],
    ['o', 'ese', 'ese'],
    ['uay', 'uayan', 'uayans'],
    ['en', 'ish', 'es'],
  ]);
  const prefix = random.chance(0.07) ? `${random.pick(['South', 'Upper', 'East', 'New'])} ` : '';
  return {
    name: prefix + stem + ending,
    adjective: prefix + stem + adjective,
    people: prefix + stem + people,
  };
}

/** A name of two common words, borne by companies, ships, films, newspapers and horses alike. */
export function makeEmblem(random: Random): string {
  const first = random.pick(
    'Silver Golden Northern Southern Blue Red Iron Crystal Royal First Grand Eastern Western Bright White Black Green Swift Free Morning Evening Distant Quiet Ocean Summit Winter'.split(
      ' ',
    ),
  );
  const second = random.pick(
    'Arrow Star Crown Harvest Horizon Falcon Wave Echo Courier Mirror Anchor Bridge Lantern Tower River Garden Spirit Shield Gate Road Wind Eagle Light Field Voice'.split(
      ' ',
    ),
  );
  return `${first} ${second}`;
}

/** An invented company name without a meaning. */
export function makeCoinage(random: Random): string {
  const kind = random.next();
  if (kind < 0.2)
    return capital(root(random)) + capital(random.pick('soft net tel com bank med gas air'.split(' ')));
  if (kind < 0.55) return derived(random, SHARED_ENDINGS);
  return derived(random, 'ex tron ix ico oil tech ank ora agen acom umex ica bank air');
}

/** Two to four capitals. */
export function makeAcronym(random: Random): string {
  return Array.from({ length: 2 + random.integer(3) }, () => random.pick([...'ABCDEFGILMNOPRSTUVX'])).join(
    '',
  );
}

/**
 * A stock of names of one kind: a few come again and again (Zipf's law) in every part of the corpus, the others are
 * made for the occasion and seldom come twice.
 */
export class Stock<T> {
  private readonly common: readonly T[];
  private readonly weights: readonly number[];

  /** @param share of draws that come from the `size` common names. */
  constructor(
    private readonly make: (random: Random) => T,
    random: Random,
    size: number,
    private readonly share: number,
  ) {
    this.common = Array.from({ length: size }, () => make(random));
    this.weights = this.common.map((_, rank) => 1 / (rank + 4));
  }

  draw(random: Random): T {
    return random.chance(this.share) ? random.weighted(this.common, this.weights) : this.make(random);
  }
}
