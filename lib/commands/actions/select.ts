/** Chooses a model of a study under bounds; may draw the Pareto fronts. */
import { join } from 'node:path';
import { InputError } from '../../errors';
import { MEASURES } from '../../evaluation/measures';
import { PLAN_FILE } from '../../experiment/paper';
import { type Candidate, paretoFront, type Selection, selectModel } from '../../experiment/select';
import { writeFileAtomically } from '../../files';
import { prettyJson } from '../../json';
import { inPercent } from '../../report/columns';
import { runNoteLines } from '../../report/note-lines';
import { paretoFigure } from '../../report/pareto-figure';
import { renderSvg } from '../../report/render';
import { candidatesOf } from '../../report/summaries';
import { tableText } from '../../report/table-view';
import type { TableRow } from '../../report/tables';
import { shown } from '../../shown';
import { type BoundFlags, boundsOf } from '../bound-options';
import { checkWritten } from '../written';
import { filesOfStudy, inputsOf, studyIn } from './results';

interface SelectFlags extends BoundFlags, Pick<Selection, 'prefer'> {
  readonly results: string;
  readonly by: 'value' | 'interval';
  readonly split: 'validation' | 'test';
  readonly figure?: string;
  readonly json: boolean;
}

export async function select(flags: SelectFlags): Promise<void> {
  const { results, figure, json } = flags;
  const session = await studyIn(results);
  const prints = checkWritten({ '--figure': figure }, json, [
    ...inputsOf(session.plan),
    ...(figure === undefined ? [] : filesOfStudy(results)),
  ]);
  const study = session.results();
  if (study.runs.length === 0)
    throw new InputError(
      `${flags.results}: none of the runs that its plan asks for is there, or they were made by older numerical source; "npm run reproduce -- --plan ${join(flags.results, PLAN_FILE)} --out ${flags.results}" makes them`,
    );
  const candidates = candidatesOf(study, flags.split);
  const chosen = selectModel(candidates, {
    prefer: flags.prefer,
    by: flags.by === 'interval' ? 'low' : 'score',
    least: boundsOf(flags),
  });
  const fronts = {
    parameters: paretoFront(candidates, ({ parameters }) => parameters),
    latency: paretoFront(candidates, ({ latencyMs }) => latencyMs),
  };
  if (figure !== undefined)
    writeFileAtomically(
      figure,
      await renderSvg(paretoFigure(candidates, `${flags.split} part of ${study.corpus}`)),
    );
  if (json) {
    const names = (models: readonly Candidate[]) => models.map(({ name }) => name);
    const namedFronts = { parameters: names(fronts.parameters), latency: names(fronts.latency) };
    process.stdout.write(
      prettyJson({
        chosen,
        models: candidates,
        fronts: namedFronts,
        figure: figure ?? null,
        notes: study.notes,
      }),
    );
  }
  if (json || !prints) return;
  const row = (candidate: Candidate): TableRow => ({
    model: candidate.name,
    parameters: candidate.parameters,
    latency_ms: candidate.latencyMs,
    ...Object.fromEntries(
      MEASURES.flatMap(({ key, name, unit }) => [
        [`${name}_${unit}`, inPercent(candidate.score[key])],
        [`${name}_low_${unit}`, inPercent(candidate.low[key])],
      ]),
    ),
    'Pareto front': [
      ...(fronts.parameters.includes(candidate) ? ['parameters'] : []),
      ...(fronts.latency.includes(candidate) ? ['latency'] : []),
    ].join(', '),
  });
  process.stdout.write(`${tableText(candidates.map(row))}\n\n`);
  process.stdout.write(
    `chosen on the ${flags.split} part, the ${flags.prefer}: ${shown(chosen.name)} (run${chosen.runs.length > 1 ? 's' : ''} ${chosen.runs.join(', ')})\n`,
  );
  if (figure !== undefined) process.stdout.write(`Pareto fronts: ${shown(figure)}\n`);
  for (const line of runNoteLines(study.runs)) process.stdout.write(`${line}\n`);
}
