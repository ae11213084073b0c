import type { Evaluation } from '../../answering/evaluation.ts';
import type { Run } from '../../storage/runs.ts';

/** README.md of the saved model: data, settings and scores, with the metadata that model hubs read. `run`: null for a model as it came. */
export function modelCard(
  base: string,
  run: Pick<Run, 'args' | 'data' | 'progress'> | null,
  scores: Omit<Evaluation, 'rows'> | null,
): string {
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  const measured = scores
    ? [
        `- Accuracy: ${percent(scores.accuracy)}`,
        `- JGLUE EM / F1: ${percent(scores.jglue.em)} / ${percent(scores.jglue.f1)}`,
        `- SQuAD v1.1 EM / F1: ${percent(scores.squad_v1.em)} / ${percent(scores.squad_v1.f1)}`,
      ]
    : ['- not evaluated'];
  const training = run
    ? [
        '## Data',
        '',
        `- train: ${run.data.train.name} (${run.data.train.questions} questions)`,
        `- evaluation: ${run.data.evaluation.name} (${run.data.evaluation.questions} questions)`,
        '',
        '## Settings',
        '',
        `Trained for ${run.progress.step} of ${run.progress.totalSteps} steps.`,
        '',
        ...Object.entries(run.args).map(([name, value]) => `- ${name}: ${value}`),
        '',
      ]
    : [];
  return [
    '---',
    'language: ja',
    'pipeline_tag: question-answering',
    'library_name: transformers',
    '---',
    '',
    run ? `# ${base}, fine-tuned for question answering` : `# ${base}`,
    '',
    'Made in a browser with Manabi.',
    '',
    ...training,
    '## Scores',
    '',
    ...measured,
    '',
  ].join('\n');
}
