import type { Evaluation } from '../answering/evaluation.ts';
import type { TrainingArguments } from '../training/training-arguments.ts';

/** README.md of the saved model: data, settings and scores, with the metadata that model hubs read. */
export function modelCard(
  base: string,
  data: { train?: string; evaluation?: string },
  args: TrainingArguments,
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
  return [
    '---',
    'language: ja',
    'pipeline_tag: question-answering',
    'library_name: transformers',
    '---',
    '',
    `# ${base}, fine-tuned for question answering`,
    '',
    'Trained in a browser with Manabi.',
    '',
    '## Data',
    '',
    `- train: ${data.train ?? '-'}`,
    `- evaluation: ${data.evaluation ?? '-'}`,
    '',
    '## Settings',
    '',
    ...Object.entries(args).map(([name, value]) => `- ${name}: ${value}`),
    '',
    '## Scores',
    '',
    ...measured,
    '',
  ].join('\n');
}
