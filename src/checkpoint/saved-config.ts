import { parsePythonJson, writePythonJson } from '../squad/python-json.ts';

// What says of the weights what they are not, once they are those of a question-answering model in whole float32 tensors:
const contradictions = [
  // another head than the two rows of qa_outputs,
  'num_labels',
  'id2label',
  'label2id',
  'problem_type',
  'finetuning_task',
  // another type or form of the numbers,
  'torch_dtype',
  'quantization_config',
  'compression_config',
  'pruned_heads',
  // tensors that are one, in a model that has no second of any,
  'tie_word_embeddings',
  'tie_encoder_decoder',
  // another model, or code of its own, around the same layers.
  'is_decoder',
  'is_encoder_decoder',
  'add_cross_attention',
  'cross_attention_hidden_size',
  'auto_map',
  'adapter_config',
  '_name_or_path',
];

/**
 * config.json of the model that is saved: every field of the one it came with, but held to what the weights are. `vocabSize` are the rows
 * of the word embeddings, `dtype` torch's name of the type that the weights are saved in.
 */
export function savedConfig(bytes: Uint8Array, vocabSize: number | undefined, dtype = 'float32'): object {
  const config = parsePythonJson(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  const kept = Object.entries(config).filter(([name]) => !contradictions.includes(name));
  return {
    ...Object.fromEntries(kept),
    ...(vocabSize === undefined ? {} : { vocab_size: vocabSize }),
    architectures: ['DebertaV2ForQuestionAnswering'],
    dtype,
  };
}

/** The same as Python writes it. */
export function savedConfigText(...given: Parameters<typeof savedConfig>): string {
  return `${writePythonJson(savedConfig(...given))}\n`;
}

/** Files of a model folder that belong to other weights, or to another form of them, and not beside those that are saved. */
export function belongsToOtherWeights(name: string): boolean {
  return (
    /\.(safetensors|bin|pt|pth|h5|msgpack|onnx)(\.index\.json)?$/.test(name) ||
    /^(trainer_state|adapter_config|quantize_config|quant_config|generation_config|.*_results)\.json$/.test(
      name,
    )
  );
}
