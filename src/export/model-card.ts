import { stringify } from 'yaml';
import type { Evaluation } from '../answering/evaluation.ts';
import type { CardHeader } from '../checkpoint/card-header.ts';
import type { DataOrigin } from '../squad/data-origin.ts';
import { onnxNames, type OnnxType } from './onnx/onnx-types.ts';

/** What a model card tells of a model; what is not known is said so. */
export interface ModelFacts {
  /** The model that it was trained from. */
  base: string;
  /** Whether `base` is its id on a hub. */
  isFromHub: boolean;
  /** What its own card says. */
  header: CardHeader;
  /** The name that the code in the card loads: of a hub or of a folder. */
  id: string;
  run: {
    args: object;
    data: Record<'train' | 'evaluation', { name: string; questions: number; origin?: DataOrigin }>;
    progress: { step: number; totalSteps: number };
  } | null;
  scores: Omit<Evaluation, 'rows'> | null;
  /** The ONNX files beside it, with their measured cost where it was measured. */
  types: readonly OnnxType[];
  measured?: readonly { type: OnnxType; bytes: number; em: number; f1: number }[];
}

const percent = (value: number) => `${(100 * value).toFixed(1)} %`;

/** README.md of a model folder: data, settings, scores, licences, and code that loads it. */
export function modelCard(facts: ModelFacts): string {
  const { base, id, run, types } = facts;
  return [
    '---',
    stringify(headOf(facts)) + '---',
    '',
    run ? `# ${base}, fine-tuned for question answering` : `# ${base}`,
    '',
    'Made with Manabi.',
    '',
    ...trainingOf(facts),
    '## Scores',
    '',
    ...scoresOf(facts),
    '',
    '## Licences',
    '',
    ...licencesOf(facts),
    '',
    '## Use',
    '',
    ...codeOf(id, types),
  ].join('\n');
}

/** What a hub reads of the card. */
function headOf({ base, isFromHub, header, run, types }: ModelFacts): Record<string, string | string[]> {
  const { license, license_name, license_link } = header;
  // A folder of one's own is no model of a hub; what it was made from may be one.
  const parents = isFromHub ? [base] : header.base_model;
  const data = run ? [run.data.train.origin?.dataset, run.data.evaluation.origin?.dataset] : [];
  const fields = {
    license: license.length > 0 ? license : ['unknown'],
    license_name,
    license_link,
    base_model: parents,
    datasets: [...new Set(data.filter((id) => id !== undefined))],
    tags: types.length > 0 ? ['onnx', 'transformers.js'] : [],
  };
  return {
    language: 'ja',
    pipeline_tag: 'question-answering',
    library_name: 'transformers',
    ...Object.fromEntries(
      Object.entries(fields)
        .filter(([, values]) => values.length > 0)
        .map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
    ),
  };
}

function licencesOf({ base, header, run }: ModelFacts): string[] {
  const { license, license_name, license_link, datasets } = header;
  const named = [license.join(', '), ...license_name, ...license_link].filter(Boolean).join(', ');
  const trainedOn = datasets.length > 0 ? ` (made from ${datasets.join(', ')}, as its card says)` : '';
  const data = run ? (['train', 'evaluation'] as const).map((role) => [role, run.data[role]] as const) : [];
  return [
    `- base model ${base}: ${named || 'not known'}${trainedOn}`,
    ...data.map(([role, { name, origin }]) => `- ${role} data ${name}: ${origin?.licence ?? 'not known'}`),
  ];
}

function trainingOf({ run }: ModelFacts): string[] {
  if (!run) return [];
  return [
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
  ];
}

function scoresOf({ scores, measured = [] }: ModelFacts): string[] {
  const lines = scores
    ? [
        `- Accuracy: ${percent(scores.accuracy)}`,
        `- JGLUE EM / F1: ${percent(scores.jglue.em)} / ${percent(scores.jglue.f1)}`,
        `- SQuAD v1.1 EM / F1: ${percent(scores.squad_v1.em)} / ${percent(scores.squad_v1.f1)}`,
      ]
    : ['- not evaluated'];
  if (measured.length === 0) return lines;
  const rows = measured.map(
    ({ type, bytes, em, f1 }) =>
      `| ${type} | ${(bytes / 1e6).toFixed(1)} MB | ${percent(em)} | ${percent(f1)} |`,
  );
  return [...lines, '', '| ONNX | size | JGLUE EM | JGLUE F1 |', '| --- | --- | --- | --- |', ...rows];
}

function codeOf(id: string, types: readonly OnnxType[]): string[] {
  const block = (language: string, ...lines: string[]) => [`\`\`\`${language}`, ...lines, '```', ''];
  const inPython =
    types.length === 0
      ? block(
          'python',
          'from transformers import pipeline',
          `answer = pipeline("question-answering", model="${id}", align_to_words=False)`,
          'print(answer(question="日本の首都はどこですか。", context="日本の首都は東京です。"))',
        )
      : block(
          'python',
          'import numpy as np, onnxruntime',
          'from transformers import AutoTokenizer',
          `tokenizer = AutoTokenizer.from_pretrained("${id}")`,
          `session = onnxruntime.InferenceSession("${id}/${onnxNames[types[0]]}")`,
          'x = tokenizer("日本の首都はどこですか。", "日本の首都は東京です。", return_tensors="np")',
          'feed = {i.name: x[i.name].astype(np.int64) for i in session.get_inputs()}',
          'start, end = session.run(["start_logits", "end_logits"], feed)',
        );
  if (types.length === 0) return ['Python:', '', ...inPython];
  const quantized = types.includes('q8');
  return [
    'Python with onnxruntime:',
    '',
    ...inPython,
    'transformers.js (@xenova/transformers 2):',
    '',
    ...block(
      'js',
      "import { pipeline } from '@xenova/transformers';",
      `const answer = await pipeline('question-answering', '${id}', { quantized: ${quantized} });`,
      "console.log(await answer('日本の首都はどこですか。', '日本の首都は東京です。'));",
    ),
  ];
}
