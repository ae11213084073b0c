import { sha256Of } from '../hash/sha256.ts';
import { answerQuestions, type PipelineOptions } from '../answering/answer.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { loadModel } from './models.ts';
import { readJsonLines } from './golden-folder.ts';
import { Tally, type Report } from './report.ts';
import { loadTokenizer, type Sources } from './sources.ts';

interface PipelineRow {
  kind: string;
  id: string;
  options: PipelineOptions;
  question?: string;
  context?: string;
  answers?: { score: number; start: number; end: number; answer: string }[];
  error?: string;
}

/** pipeline/answers.jsonl.gz: every answer of models/qa-trained, by kind. */
export async function checkPipeline(sources: Sources, report: Report): Promise<void> {
  const tokenizer =
    (await loadTokenizer(sources.models, 'qa-trained', 'tokenizer.json')) ??
    (await loadTokenizer(sources.models, 'qa-trained', 'spm.model'));
  if (!tokenizer) {
    report.that('pipeline', false, 'no models/qa-trained with its tokenizer (--models DIR)');
    return;
  }
  const { config, weights } = await loadModel(sources.models, 'qa-trained');
  const engine = await sources.createEngine(config, weights);
  const byId = new Map((sources.jsquad ?? []).map((example) => [example.id, example]));
  const tallies = new Map<string, Tally>();
  let worstScore = 0;
  try {
    for (const row of await readJsonLines<PipelineRow>(sources.folder, 'pipeline/answers.jsonl.gz')) {
      const tally = tallies.get(row.kind) ?? new Tally();
      tallies.set(row.kind, tally);
      const question = row.question ?? byId.get(row.id)?.question;
      const context = row.context ?? byId.get(row.id)?.context;
      if (question === undefined || context === undefined) {
        tally.add(false, `${row.id} (its text is not in the JSQuAD file)`);
        continue;
      }
      try {
        const [found] = await answerQuestions(
          engine,
          tokenizer,
          [{ id: row.id, question, context }],
          row.options,
        );
        const golden = row.answers ?? [];
        let same = row.error === undefined && found.length === golden.length;
        for (const [i, wanted] of golden.entries()) {
          const { start, end, answer, score } = found[i] ?? {
            start: -1,
            end: -1,
            answer: '',
            score: Infinity,
          };
          same &&=
            start === wanted.start && end === wanted.end && (await answerEquals(answer, wanted.answer));
          worstScore = Math.max(worstScore, Math.abs(score - wanted.score));
        }
        tally.add(same, row.id || row.kind);
      } catch (error) {
        if (!(error instanceof ManabiError)) throw error;
        tally.add(row.error !== undefined, `${row.id || row.kind}: ${error.message}`);
      }
    }
  } finally {
    engine.dispose();
  }
  for (const [kind, tally] of tallies) tally.into(report, `pipeline ${kind}`);
  report.atMost('pipeline score', worstScore, 1e-4);
}

/** A golden without text holds the start of the answer's sha256 instead. */
async function answerEquals(answer: string, golden: string): Promise<boolean> {
  if (answer === golden) return true;
  if (!/^[0-9a-f]{16}$/.test(golden)) return false;
  return (await sha256Of(new TextEncoder().encode(answer))).slice(0, 16) === golden;
}
