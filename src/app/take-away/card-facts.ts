import type { Evaluation } from '../../answering/evaluation.ts';
import type { CardFacts } from '../../workers/protocol.ts';
import { chosen } from '../state/chosen.svelte.ts';
import { shown } from '../state/shown.svelte.ts';

/** What the model card tells of the current model. `id`: the name of the folder that the code in the card loads. */
export function cardFacts(id: string): CardFacts {
  const { run } = shown;
  const evaluation = run ? shown.after : (shown.find('current')?.evaluation ?? null);
  return {
    base: shown.modelName,
    id,
    isFromHub: (run?.model ?? chosen.model?.description)?.source === 'hub',
    run: run && { args: run.args, data: run.data, progress: run.progress },
    scores: evaluation && withoutRows(evaluation),
  };
}

function withoutRows(evaluation: Evaluation): CardFacts['scores'] {
  const { rows: _, ...scores } = evaluation;
  return scores;
}
