import type { Evaluation } from '../answering/evaluation.ts';
import { onnxNames, type OnnxType } from './onnx/stored-weights.ts';

/** What a model card tells of a model; what is not known is said so. */
export interface ModelFacts {
  /** The model that it was trained from. */
  base: string;
  /** The name that the code in the card loads: of a hub or of a folder. */
  id: string;
  /** SPDX id of the base model's licence, in small letters as hubs write it. */
  licence: string | null;
  run: {
    args: object;
    data: Record<'train' | 'evaluation', { name: string; questions: number; licence?: string | null }>;
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
  const { base, id, licence, run, types } = facts;
  return [
    '---',
    'language: ja',
    'pipeline_tag: question-answering',
    'library_name: transformers',
    ...(licence ? [`license: ${licence}`] : []),
    // A folder of one's own is no model of a hub.
    ...(/^[\w.-]+\/[\w.-]+$/.test(base) ? [`base_model: ${base}`] : []),
    ...(types.length > 0 ? ['tags:', '- onnx', '- transformers.js'] : []),
    '---',
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
    `- base model ${base}: ${licence ?? 'not known'}`,
    ...(run
      ? (['train', 'evaluation'] as const).map(
          (role) => `- ${role} data ${run.data[role].name}: ${run.data[role].licence ?? 'not known'}`,
        )
      : []),
    '',
    '## Use',
    '',
    ...codeOf(id, types),
  ].join('\n');
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
