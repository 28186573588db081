/**
 * Who and what a document of the sample corpus is about. `Names` holds the stocks that all documents draw from; a
 * `Cast` belongs to one document and remembers whom it has named, so that "Edran Kessler" is "Kessler" further down.
 */
import type { Random } from 'ner-distill/random';
import type { Mention } from './grammar';
import {
  type Country,
  makeAcronym,
  makeCoinage,
  makeCountry,
  makeEmblem,
  makeGiven,
  makeSurname,
  makeTown,
  Stock,
} from './names';

interface Person {
  readonly given: string;
  readonly surname: string;
}

interface Club {
  readonly name: string;
  readonly town: string;
}

interface Company {
  readonly name: string;
  /** What it is called once it is known. */
  readonly short: string;
}

interface Organisation {
  readonly name: string;
  readonly acronym: string;
}

const CLUB_WORDS = 'United City Rovers Athletic Wanderers Rangers Town Albion Sporting'.split(' ');
const CLUB_PREFIXES = 'FC AC Dynamo Real Racing Union SV'.split(' ');
const NICKNAMES = 'Hawks Bears Miners Pilots Sharks Lancers Kings Storm Giants Foxes'.split(' ');
const TRADES =
  'Steel Motors Foods Paper Oil Shipping Insurance Chemicals Textiles Mining Bank Telecom Cement'.split(' ');
const COMPANY_FORMS =
  'Corp|Inc|AG|Ltd|Holdings|Group|& Co|Industries|International|Brothers|Partners|SA|and Sons'.split('|');
const FIELDS =
  'Finance|Health|Defence|Agriculture|Statistics|Meteorology|Public Works|Foreign Affairs|Science|Labour|Civil Aviation|Nuclear Safety|Fisheries|Justice and Police'.split(
    '|',
  );
const BODIES = 'Bureau|Institute|Board|Council|Agency|Office|Commission|Service'.split('|');
const SCOPES = 'National|Federal|Royal|State|International|Central|European|United'.split('|');
const PARTY_ADJECTIVES =
  'Democratic|Liberal|National|Social|Popular|Christian|Progressive|Free|Radical'.split('|');
const PARTY_NOUNS = "Union|Party|Alliance|Front|League|Movement|People 's Party|Labour Party|Democrats".split(
  '|',
);
const PAPERS = 'Herald Courier Star Echo Mirror Times Gazette Post Morgen Journal Tribune Zeitung'.split(' ');
const TITLE_NOUNS =
  'Winter River Summer Sea House Night Garden Judge Bridge Letter Train Widow Harvest Mirror Road'.split(' ');
const TITLE_STARTS = 'The Last|A Quiet|The|Beyond the|The Other|My|Song of the|The Road to the|Under'.split(
  '|',
);

/** The stocks of names that all documents of a corpus share. */
export class Names {
  readonly given: Stock<string>;
  readonly surname: Stock<string>;
  readonly person: Stock<Person>;
  readonly town: Stock<string>;
  readonly country: Stock<Country>;
  readonly club: Stock<Club>;
  readonly company: Stock<Company>;
  readonly paper: Stock<string>;
  readonly cup: Stock<string>;

  constructor(random: Random) {
    this.given = new Stock(makeGiven, random, 120, 0.8);
    this.surname = new Stock(makeSurname, random, 120, 0.5);
    this.town = new Stock(makeTown, random, 120, 0.8);
    this.country = new Stock(makeCountry, random, 50, 0.86);
    this.person = new Stock(source => this.makePerson(source), random, 100, 0.4);
    this.club = new Stock(source => this.makeClub(source), random, 80, 0.5);
    this.company = new Stock(source => this.makeCompany(source), random, 100, 0.5);
    this.paper = new Stock(source => this.makePaper(source), random, 30, 0.6);
    this.cup = new Stock(source => this.makeCup(source), random, 30, 0.55);
  }

  private makePerson(random: Random): Person {
    const town = this.town.draw(random);
    const surname = random.chance(0.16) && !town.includes(' ') ? town : this.surname.draw(random);
    const particle = random.chance(0.06) ? `${random.pick(['van', 'de', 'von', 'al', 'da'])} ` : '';
    const second = random.chance(0.08)
      ? random.pick([` ${random.pick([...'ABDEJKLMPRST'])}.`, ` ${this.given.draw(random)}`])
      : '';
    return { given: this.given.draw(random) + second, surname: particle + surname };
  }

  private makeClub(random: Random): Club {
    const town = this.town.draw(random);
    const kind = random.next();
    if (kind < 0.6) return { name: town, town };
    if (kind < 0.8) return { name: `${town} ${random.pick(CLUB_WORDS)}`, town };
    if (kind < 0.9) return { name: `${random.pick(CLUB_PREFIXES)} ${town}`, town };
    if (kind < 0.95) return { name: `${town} ${random.pick(NICKNAMES)}`, town };
    return { name: makeCoinage(random), town };
  }

  private makeCompany(random: Random): Company {
    const base = random.weighted(
      [
        () => this.surname.draw(random),
        () => makeCoinage(random),
        () => this.town.draw(random),
        () => makeEmblem(random),
        () => makeAcronym(random),
      ],
      [38, 26, 19, 10, 7],
    )();
    const trade = random.chance(0.4) ? ` ${random.pick(TRADES)}` : '';
    const form = random.chance(0.5) ? ` ${random.pick(COMPANY_FORMS)}` : '';
    return { name: base + trade + form, short: trade !== '' && random.chance(0.3) ? base + trade : base };
  }

  private makePaper(random: Random): string {
    const word = random.pick(PAPERS);
    return random.weighted(
      [`${this.town.draw(random)} ${word}`, `Daily ${word}`, makeEmblem(random), derivedPaper(random)],
      [4, 1, 2, 2],
    );
  }

  private makeCup(random: Random): string {
    const word = random.pick(
      'Cup Cup Open Trophy Classic Grand_Prix Masters League Shield Super_Cup'.split(' '),
    );
    const base = random.weighted(
      [
        this.town.draw(random),
        this.country.draw(random).name,
        this.country.draw(random).adjective,
        this.surname.draw(random),
        random.pick(['Champions', "Winners '", 'World', 'Continental']),
      ],
      [3, 2, 2, 2, 2],
    );
    return `${base} ${word.replace('_', ' ')}`;
  }
}

/** A newspaper with a name of one foreign word. */
function derivedPaper(random: Random): string {
  return random.pick(['La ', 'Le ', '', '']) + makeCoinage(random);
}

/** The first letters of the capitalised words of a name. */
function initialsOf(name: string): string {
  return name
    .split(' ')
    .filter(word => /^[A-Z]/.test(word))
    .map(word => word[0])
    .join('');
}

/** The names of one document; `resolve` is what the template language asks for `@kind` and `@kind1`. */
export class Cast {
  private readonly known = new Map<string, unknown>();

  constructor(
    private readonly names: Names,
    private readonly random: Random,
  ) {}

  /** The mention that a slot stands for; a slot without a digit is somebody new each time. */
  readonly resolve = (slot: string): Mention => {
    const [, kind, index] = /^([a-z]+)(\d?)$/.exec(slot) ?? [];
    const mention = this.slots[kind];
    if (mention === undefined) throw new Error(`no names of the kind "@${slot}"`);
    return mention(index);
  };

  /** What was made for this key before, or what `make` gives now; the empty index remembers nothing. */
  private recall<T>(kind: string, index: string, make: () => T): T {
    if (index === '') return make();
    const key = kind + index;
    if (!this.known.has(key)) this.known.set(key, make());
    return this.known.get(key) as T;
  }

  private person(index: string): Person {
    return this.recall('person', index, () => this.names.person.draw(this.random));
  }

  private country(index: string): Country {
    return this.recall('country', index, () => this.names.country.draw(this.random));
  }

  private town(index: string): string {
    return this.recall('town', index, () => this.names.town.draw(this.random));
  }

  private surname(): string {
    return this.names.surname.draw(this.random);
  }

  private club(index: string): Club {
    return this.recall('club', index, () => this.names.club.draw(this.random));
  }

  /** Now and then a company bears the name of a person in the same document. */
  private company(index: string): Company {
    return this.recall('company', index, () => {
      const { surname } = this.person(index === '' ? '1' : index);
      if (index === '' || !this.random.chance(0.12)) return this.names.company.draw(this.random);
      return { name: `${surname} ${this.random.pick(COMPANY_FORMS)}`, short: surname };
    });
  }

  private agency(index: string): Organisation {
    return this.recall('agency', index, () => {
      const { random } = this;
      const country = this.country('1');
      const field = random.pick(FIELDS);
      const name = random.weighted(
        [
          `Ministry of ${field}`,
          `Bank of ${country.name}`,
          `${random.pick(SCOPES)} ${random.pick(BODIES)} ${random.pick(['of', 'for'])} ${field}`,
          `${country.name} Central Bank`,
          `${random.pick(SCOPES)} ${field.split(' ')[0]} ${random.pick(BODIES)}`,
          `${random.pick([country.adjective, country.name, random.pick(SCOPES)])} ${random.pick(['Football', 'Athletics', 'Red', 'Relief', 'Tennis'])} ${random.pick(['Federation', 'Committee', 'Association', 'Union'])}`,
          `${this.surname()} ${random.pick(['Foundation', 'Institute', 'Committee', 'Commission'])}`,
          `League of ${random.pick([country.adjective, 'Free', 'Independent'])} ${random.pick(['Nations', 'States', 'Ports', 'Workers'])}`,
        ],
        [4, 2, 4, 1, 4, 3, 1, 1],
      );
      return { name, acronym: random.chance(0.6) ? initialsOf(name) : makeAcronym(random) };
    });
  }

  private party(index: string): string {
    return this.recall('party', index, () => {
      const { random } = this;
      const plain = `${random.pick(PARTY_ADJECTIVES)} ${random.pick(PARTY_NOUNS)}`;
      return random.weighted(
        [
          plain,
          `${this.country('1').adjective} ${plain}`,
          `${plain} of ${this.country('1').name}`,
          makeCoinage(random),
          makeAcronym(random),
        ],
        [4, 1, 1, 1.5, 1.5],
      );
    });
  }

  private rebels(index: string): string {
    return this.recall('rebels', index, () => {
      const { random } = this;
      const place = random.pick([this.region('1'), this.country('1').name]);
      return random.weighted(
        [
          `${place} Liberation ${random.pick(['Army', 'Front', 'Movement'])}`,
          `Front for the Liberation of ${place}`,
          makeAcronym(random),
          `${random.pick(['Free', "People 's", 'United'])} ${place} ${random.pick(['Army', 'Front'])}`,
          makeCoinage(random),
        ],
        [2, 1, 2, 1, 2],
      );
    });
  }

  private region(index: string): string {
    return this.recall('region', index, () => {
      const { random } = this;
      return random.weighted(
        [
          this.names.town.draw(random),
          `${this.names.town.draw(random)} ${random.pick(['Province', 'Valley', 'Peninsula', 'County'])}`,
          `${random.pick(['Northern', 'Southern', 'Upper', 'Lower', 'West'])} ${this.country('1').name}`,
          makeCountry(random).name,
        ],
        [2, 2, 2, 4],
      );
    });
  }

  private model(index: string): string {
    return this.recall('model', index, () => {
      const { random } = this;
      const base = random.weighted([this.company('1').short, this.surname(), makeCoinage(random)], [3, 2, 2]);
      return `${base} ${random.pick([`${1 + random.integer(9)}00`, `${random.pick([...'ABCSTX'])}-${1 + random.integer(90)}`, `${1 + random.integer(9)}${random.integer(10)}0`])}`;
    });
  }

  private pact(index: string): string {
    return this.recall('pact', index, () => {
      const { random } = this;
      const base = random.weighted(
        [this.town('3'), this.town(''), this.country('').name, this.surname()],
        [3, 2, 1, 2],
      );
      return random.chance(0.2)
        ? `Treaty of ${base}`
        : `${base} ${random.pick(['Accord', 'Accords', 'Treaty', 'Act', 'Convention', 'Plan', 'Protocol'])}`;
    });
  }

  private war(index: string): string {
    return this.recall('war', index, () => {
      const { random } = this;
      const base = random.pick([this.country('1').adjective, this.town(''), this.region('')]);
      const order = random.chance(0.25) ? `${random.pick(['First', 'Second', 'Great'])} ` : '';
      return `${order}${base} ${random.pick(['War', 'Uprising', 'Revolution', 'Crisis'])}`;
    });
  }

  private title(index: string): string {
    return this.recall('title', index, () => {
      const { random } = this;
      return random.weighted(
        [
          `${random.pick(TITLE_STARTS)} ${random.pick(TITLE_NOUNS)}`,
          makeEmblem(random),
          this.person('').given,
          `${random.pick(TITLE_NOUNS)} in ${this.town('')}`,
          makeCoinage(random),
          this.surname(),
        ],
        [4, 2, 1, 1, 1, 1],
      );
    });
  }

  /** A name whose type only the reader of the whole document knows for sure. */
  private blind(index: string): Mention {
    return this.recall('blind', index, () => {
      const place = String(1 + this.random.integer(3));
      const kind = this.random.weighted(
        ['surname', 'firm', 'club', 'city', 'country', 'acronym'],
        [30, 24, 14, 18, 8, 6],
      );
      return this.slots[kind](place);
    });
  }

  /** One place or thing of its own, called after a town or a person. */
  private named(kind: string, index: string, words: string): string {
    return this.recall(kind, index, () => {
      const base = this.random.pick([this.town(''), this.surname(), this.town('1')]);
      return `${base} ${this.random.pick(words.split('|'))}`;
    });
  }

  private readonly slots: Readonly<Record<string, (index: string) => Mention>> = {
    person: index => {
      const { given, surname } = this.person(index);
      return per(`${given} ${surname}`);
    },
    surname: index => per(this.person(index).surname),
    initial: index => {
      const { given, surname } = this.person(index);
      return per(`${given[0]}. ${surname}`);
    },
    horse: () => per(makeEmblem(this.random)),
    storm: index => ({
      words: [this.recall('storm', index, () => this.names.given.draw(this.random))],
      type: 'MISC',
    }),

    country: index => loc(this.country(index).name),
    city: index => loc(this.town(index)),
    home: index => loc(this.club(index).town),
    region: index => loc(this.region(index)),
    island: index => loc(this.named('island', index, 'Island|Islands|Rock')),
    airport: index => loc(this.named('airport', index, 'Airport|International Airport|Field')),
    venue: index =>
      loc(this.named('venue', index, 'Stadium|Park|Hall|Palace|Square|Arena|Castle|Lane|Cathedral')),
    street: index => loc(this.named('street', index, 'Street|Road|Avenue|Lane|Bridge')),
    mountain: index =>
      loc(
        this.recall('mountain', index, () =>
          this.random.pick([`Mount ${this.town('')}`, `${this.surname()} Pass`, this.town('')]),
        ),
      ),
    river: index =>
      loc(
        this.recall('river', index, () =>
          this.random.pick([this.town(''), makeTown(this.random), `${this.town('')} River`]),
        ),
      ),
    sea: index =>
      loc(
        this.recall('sea', index, () => `${this.country('').adjective} Sea`),
        'the',
      ),
    hospital: index => loc(this.named('hospital', index, 'Hospital|General Hospital|Clinic')),

    club: index => org(this.club(index).name),
    company: index => org(this.company(index).name),
    firm: index => org(this.company(index).short),
    bank: index =>
      org(
        this.recall('bank', index, () =>
          this.random.pick([`${this.surname()} Bank`, `Bank of ${this.town('')}`, `Banco ${this.town('')}`]),
        ),
      ),
    airline: index =>
      org(
        this.recall(
          'airline',
          index,
          () =>
            `${this.random.pick([this.country('1').adjective, this.town('')])} ${this.random.pick(['Air', 'Airways', 'Airlines'])}`,
        ),
      ),
    agency: index => org(this.agency(index).name, 'the'),
    acronym: index => org(this.agency(index).acronym, this.random.chance(0.5) ? 'the' : undefined),
    party: index => {
      const name = this.party(index);
      return org(name, name.includes(' ') ? 'the' : undefined);
    },
    rebels: index => {
      const name = this.rebels(index);
      return org(name, name.includes(' ') ? 'the' : undefined);
    },
    union: index =>
      org(
        this.recall(
          'union',
          index,
          () =>
            `${this.random.pick(['Dockers', 'Railway', 'Transport', 'Miners', 'Teachers'])} ${this.random.pick(['Union', 'Federation', 'Brotherhood'])}`,
        ),
      ),
    paper: index => {
      const name = this.recall('paper', index, () => this.names.paper.draw(this.random));
      return org(name, /^(La|Le) /.test(name) ? undefined : 'the');
    },
    university: index =>
      org(
        this.recall('university', index, () =>
          this.random.pick([
            `University of ${this.town('2')}`,
            `${this.town('2')} University`,
            `${this.surname()} College`,
          ]),
        ),
      ),
    exchange: index =>
      org(
        this.recall(
          'exchange',
          index,
          () => `${this.town('1')} ${this.random.pick(['Stock Exchange', 'Exchange', 'Bourse'])}`,
        ),
        'the',
      ),
    museum: index =>
      org(
        this.recall(
          'museum',
          index,
          () =>
            `${this.random.pick([this.surname(), this.town('2'), 'National'])} ${this.random.pick(['Museum', 'Gallery', 'Library'])}`,
        ),
        'the',
      ),

    adjective: index => misc(this.country(index).adjective),
    people: index => misc(this.country(index).people),
    pair: () => misc(`${this.country('1').adjective}-${this.country('2').adjective}`),
    pro: index => misc(`${this.random.pick(['pro', 'anti'])}-${this.country(index).adjective}`),
    based: index => misc(`${this.town(index)}-based`),
    minority: index => misc(this.recall('minority', index, () => makeCountry(this.random).adjective)),
    worldcup: () => misc('World Cup'),
    cup: index => misc(this.recall('cup', index, () => this.names.cup.draw(this.random))),
    pact: index => misc(this.pact(index)),
    war: index => misc(this.war(index)),
    title: index => misc(this.title(index)),
    model: index => misc(this.model(index)),
    ship: index =>
      misc(
        this.recall('ship', index, () =>
          this.random.pick([makeEmblem(this.random), this.country('').name, this.person('').given]),
        ),
      ),
    prize: index => misc(this.named('prize', index, 'Prize|Award|Medal')),
    festival: index =>
      misc(
        this.recall(
          'festival',
          index,
          () => `${this.town('1')} ${this.random.pick(['Film Festival', 'Festival', 'Biennale'])}`,
        ),
      ),
    index: index =>
      misc(
        this.recall(
          'index',
          index,
          () =>
            `${this.random.pick([makeAcronym(this.random), this.town('1')])}-${this.random.pick(['20', '30', '40', '100'])}`,
        ),
      ),
    blind: index => this.blind(index),
  };
}

function mention(type: string, name: string, article?: string): Mention {
  return { words: name.split(' '), type, article };
}

const per = (name: string) => mention('PER', name);
const loc = (name: string, article?: string) => mention('LOC', name, article);
const org = (name: string, article?: string) => mention('ORG', name, article);
const misc = (name: string) => mention('MISC', name);
