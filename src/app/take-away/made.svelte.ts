// Files made from the current model to be used elsewhere: what they are, and how they were found to agree with the engine.
import { ManabiError } from '../../errors/manabi-error.ts';
import type { ExportCheck } from '../../export/check-export.ts';
import type { HubDestination } from '../../export/hub-upload.ts';
import type { OnnxType } from '../../export/onnx/onnx-types.ts';
import { typesInTwoFiles } from '../../export/onnx/two-files.ts';
import { unwrap, type ExportKind, type FileListing } from '../../workers/protocol.ts';
import { chosen } from '../state/chosen.svelte.ts';
import { held } from '../state/held.svelte.ts';
import { guarded, holdCurrent } from '../state/jobs.ts';
import { shown } from '../state/shown.svelte.ts';
import { work } from '../state/work.svelte.ts';
import { cardFacts } from './card-facts.ts';
import { exporter } from './exporter.ts';

/** More would take minutes with a large model. */
export const MAX_QUESTIONS = 200;

interface MadeFiles {
  kind: ExportKind;
  listing: FileListing[];
  /** What told the model, as modelParts gives it. */
  model: readonly unknown[];
}

/** Equal parts: the same weights. */
function modelParts(): readonly unknown[] {
  const { run } = shown;
  return run ? [run.id, run.progress.step] : [chosen.model, chosen.args.seed];
}

/** The export worker holds only the files that were made last. */
class Made {
  private files = $state.raw<MadeFiles | null>(null);
  checks = $state.raw<ExportCheck[]>([]);
  /** Where the files were sent. */
  address = $state.raw<string | null>(null);

  /** null: none, or those of a model that is no longer the current one. */
  get current(): MadeFiles | null {
    const parts = modelParts();
    return this.files?.model.every((part, i) => part === parts[i]) ? this.files : null;
  }

  /** Of the files made, the types that transformers.js can load. */
  get checkable(): OnnxType[] {
    const { current } = this;
    if (current?.kind.kind !== 'onnx') return [];
    const beyond = typesInTwoFiles(current.listing);
    return current.kind.types.filter((type) => !beyond.includes(type));
  }

  get totalSize(): number {
    return this.current?.listing.reduce((sum, { size }) => sum + size, 0) ?? 0;
  }

  /** Frees the files of a model that is no longer the current one. */
  forgetStale(): void {
    if (!this.files || this.current) return;
    this.forget();
    void exporter().release();
  }

  async make(kind: ExportKind): Promise<void> {
    await guarded('export', async () => {
      await holdCurrent();
      work.begin('exporting');
      const listing = unwrap(await exporter().make(kind, cardFacts(folderName(kind)), work.reporter()));
      this.forget();
      this.files = { kind, listing, model: modelParts() };
    });
  }

  /** Compares every ONNX file made with the engine, on the evaluation questions of the run or of the chosen data. */
  async check(): Promise<void> {
    await guarded('export', async () => {
      const { run } = shown;
      await (run ? held.prepareRun(run.id) : held.prepare());
      held.checkQuestions('evaluation');
      await holdCurrent();
      this.require();
      for (const type of this.checkable) {
        work.begin('checking');
        const found = unwrap(await exporter().check(type, MAX_QUESTIONS, work.reporter()));
        this.checks = [...this.checks.filter((check) => check.type !== type), found];
      }
    });
    // The check computes in float32: the model as an fp16 training left it comes back at the next work.
    if (shown.run?.args.fp16) held.model = null;
  }

  /** The files as a zip, or null after an error. */
  async zip(): Promise<Blob | null> {
    let zip: Blob | null = null;
    await guarded('export', async () => {
      this.require();
      work.begin('packing');
      zip = unwrap(await exporter().zip());
    });
    return zip;
  }

  async upload(destination: HubDestination): Promise<void> {
    await guarded('export', async () => {
      this.require();
      this.address = null;
      work.begin('uploading');
      this.address = unwrap(await exporter().upload(destination, work.reporter()));
    });
  }

  private require(): MadeFiles {
    if (!this.current) throw new ManabiError('export-nothing', '');
    return this.current;
  }

  private forget(): void {
    this.files = this.address = null;
    this.checks = [];
  }
}

/** The name of the zip, and so of the folder that it becomes. */
export function folderName({ kind }: ExportKind): string {
  return `manabi-${kind}`;
}

export const made = new Made();
