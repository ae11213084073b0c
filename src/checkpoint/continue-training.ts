import type { Feature } from '../features/feature.ts';
import type { TrainingArguments } from '../training/training-arguments.ts';
import { joined, safetensorsParts, type WritableTensors } from './safetensors.ts';
import { storedZip, type FileParts } from './stored-zip.ts';
import { trainerCheckpointFiles, type TrainerRun } from './trainer-checkpoint.ts';

/** The rows of a run, as it trains on them. */
export interface TrainingRows {
  train: readonly Feature[];
  evaluation: readonly Feature[];
  /** Order of the training rows in every epoch, [epochs][rows]. */
  orders: readonly ArrayLike<number>[];
  padTokenId: number;
}

/**
 * A zip with checkpoint-N, features.safetensors (the very rows and their order) and continue_training.py, which goes on with the run in
 * Python. `names` are the trained parameters in the order of named_parameters(). Throws ManabiError zip-too-large beyond 4 GiB.
 */
export function exportTrainerCheckpointZip(
  files: Readonly<Record<string, Uint8Array>>,
  run: TrainerRun,
  names: Iterable<string>,
  rows: TrainingRows,
): Blob {
  const folder = `checkpoint-${run.state.global_step}`;
  const zip = new Map<string, FileParts>([
    ['continue_training.py', [new TextEncoder().encode(continueTrainingScript(run, rows.padTokenId))]],
    ['features.safetensors', safetensorsParts(featureTensors(rows))],
  ]);
  for (const [name, parts] of trainerCheckpointFiles(files, run, names)) zip.set(`${folder}/${name}`, parts);
  return new Blob(storedZip(zip) as Uint8Array<ArrayBuffer>[]);
}

/** Token ids of all rows end to end with their lengths, labels, and orders [epochs, rows]; int32. */
function featureTensors({ train, evaluation, orders }: TrainingRows): WritableTensors {
  const tensors = new Map<string, { shape: number[]; data: Int32Array }>();
  const add = (name: string, data: Int32Array, shape = [data.length]) => tensors.set(name, { shape, data });
  const end = (arrays: Int32Array[]) => {
    const bytes = arrays.map(
      ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
    );
    return new Int32Array(joined(bytes).buffer);
  };
  for (const [split, rows] of Object.entries({ train, eval: evaluation })) {
    if (rows.length === 0) continue;
    add(
      `${split}.lengths`,
      Int32Array.from(rows, ({ inputIds }) => inputIds.length),
    );
    add(`${split}.input_ids`, end(rows.map(({ inputIds }) => inputIds)));
    add(`${split}.token_type_ids`, end(rows.map(({ tokenTypeIds }) => tokenTypeIds)));
    add(
      `${split}.start_positions`,
      Int32Array.from(rows, ({ startPosition }) => startPosition),
    );
    add(
      `${split}.end_positions`,
      Int32Array.from(rows, ({ endPosition }) => endPosition),
    );
  }
  add('train.order', end(orders.map((order) => Int32Array.from(order))), [orders.length, train.length]);
  return tensors;
}

/** The script that goes on with the run under Hugging Face's Trainer, beside its checkpoint and features.safetensors. */
export function continueTrainingScript(
  { state, args }: Pick<TrainerRun, 'state' | 'args'>,
  padTokenId: number,
): string {
  const set = (name: keyof TrainingArguments) => `        ${name}=${python(args[name])},\n`;
  const length = set(args.max_steps > 0 ? 'max_steps' : 'num_train_epochs');
  const settings = settingNames.map((name) => set(name)).join('');
  const evalStrategy = args.eval_strategy === 'steps' ? set('eval_steps') : '';
  const saveStrategy = args.save_strategy === 'steps' ? set('save_steps') : '';
  return `"""Continues the run of checkpoint-${state.global_step} (${state.global_step} of ${state.max_steps} steps) with Hugging Face's Trainer.

    pip install torch "transformers>=4.57,<5" "accelerate>=1.10" safetensors
    python continue_training.py                              # one GPU, or the CPU
    torchrun --nproc_per_node 4 continue_training.py         # several GPUs: each batch is divided among them

The fine-tuned model is written to ./output. features.safetensors holds the rows (token ids and labels) in the order of the run.
"""
import os
import shutil
from pathlib import Path

if "WORLD_SIZE" not in os.environ:
    # Without torchrun the Trainer would give a whole batch to each GPU it sees, and the run would be another one.
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")

import torch
from safetensors.torch import load_file
from torch.utils.data import Dataset, Sampler
from transformers import AutoModelForQuestionAnswering, Trainer, TrainingArguments

HERE = Path(__file__).parent
CHECKPOINT = HERE / "checkpoint-${state.global_step}"
BATCH_SIZE = ${args.per_device_train_batch_size}
MAX_SEQ_LENGTH, PAD_TO_MAX_LENGTH, PAD_TO_MULTIPLE_OF = ${args.max_seq_length}, ${python(args.pad_to_max_length)}, ${Math.max(1, args.pad_to_multiple_of)}
PAD_TOKEN_ID = ${padTokenId}


class Rows(Dataset):
    def __init__(self, tensors, split):
        lengths = tensors[f"{split}.lengths"].tolist()
        self.input_ids = tensors[f"{split}.input_ids"].long().split(lengths)
        self.token_type_ids = tensors[f"{split}.token_type_ids"].long().split(lengths)
        self.labels = {k: tensors[f"{split}.{k}"].long() for k in ("start_positions", "end_positions")}

    def __len__(self):
        return len(self.input_ids)

    def __getitem__(self, i):
        return {"input_ids": self.input_ids[i], "token_type_ids": self.token_type_ids[i], **{k: v[i] for k, v in self.labels.items()}}


def collate(rows):
    longest = max(len(row["input_ids"]) for row in rows)
    width = max(longest, MAX_SEQ_LENGTH) if PAD_TO_MAX_LENGTH else -(-longest // PAD_TO_MULTIPLE_OF) * PAD_TO_MULTIPLE_OF

    def padded(tensors, value):
        return torch.stack([torch.nn.functional.pad(t, (0, width - len(t)), value=value) for t in tensors])

    return {
        "input_ids": padded([row["input_ids"] for row in rows], PAD_TOKEN_ID),
        "token_type_ids": padded([row["token_type_ids"] for row in rows], 0),
        "attention_mask": padded([torch.ones_like(row["input_ids"]) for row in rows], 0),
        "start_positions": torch.stack([row["start_positions"] for row in rows]),
        "end_positions": torch.stack([row["end_positions"] for row in rows]),
    }


class RecordedOrder(Sampler):
    def __init__(self, orders):
        self.orders, self.epoch = orders, 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __len__(self):
        return self.orders.shape[1]

    def __iter__(self):
        return iter(self.orders[self.epoch].tolist())


class OrderedTrainer(Trainer):
    def _get_train_sampler(self, train_dataset=None):
        return RecordedOrder(TENSORS["train.order"])
${args.fp16 ? withoutScaler : ''}

TENSORS = load_file(HERE / "features.safetensors")


def make_trainer(**overrides):
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if BATCH_SIZE % processes:
        raise SystemExit(f"The batch of {BATCH_SIZE} rows cannot be divided among {processes} processes.")
    has_eval = "eval.lengths" in TENSORS
    settings = dict(
        output_dir=str(HERE / "output"),
        per_device_train_batch_size=BATCH_SIZE // processes,
${length}${settings}${evalStrategy}${saveStrategy}${args.fp16 ? '        fp16=torch.cuda.is_available(),\n' : ''}        eval_strategy=${python(args.eval_strategy)} if has_eval else "no",
        logging_steps=1,
        report_to=[],
    )
    model = AutoModelForQuestionAnswering.from_pretrained(CHECKPOINT)
${args.freeze_embeddings ? frozen : ''}    return OrderedTrainer(
        model=model,
        args=TrainingArguments(**{**settings, **overrides}),
        data_collator=collate,
        train_dataset=Rows(TENSORS, "train"),
        eval_dataset=Rows(TENSORS, "eval") if has_eval else None,
    )


if __name__ == "__main__":
    trainer = make_trainer()
    trainer.train(resume_from_checkpoint=str(CHECKPOINT))
    trainer.save_model()
    for name in ("tokenizer.json", "spm.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"):
        if trainer.args.should_save and (CHECKPOINT / name).exists():
            shutil.copy(CHECKPOINT / name, trainer.args.output_dir)
`;
}

/** The Trainer has no float16 on a CPU, and fails over a scale that it cannot use. */
const withoutScaler = `
    def _load_scaler(self, checkpoint):
        if self.accelerator.scaler is not None:
            super()._load_scaler(checkpoint)
`;

const frozen = `    for name, parameter in model.deberta.embeddings.named_parameters():
        if name.endswith("_embeddings.weight"):
            parameter.requires_grad = False
`;

/** Arguments that mean the same to the Trainer, and are passed on as they are. */
const settingNames = [
  'per_device_eval_batch_size',
  'gradient_accumulation_steps',
  'learning_rate',
  'weight_decay',
  'adam_beta1',
  'adam_beta2',
  'adam_epsilon',
  'max_grad_norm',
  'lr_scheduler_type',
  'warmup_ratio',
  'warmup_steps',
  'seed',
  'save_strategy',
  'dataloader_drop_last',
] as const;

function python(value: string | number | boolean | null): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null) return 'None';
  return JSON.stringify(value);
}
