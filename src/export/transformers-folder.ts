import { savedConfig } from '../checkpoint/saved-config.ts';
import type { DebertaConfig } from '../model/config.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { readConversion, type TokenizerFiles } from '../tokenizer/read.ts';
import type { ExportedModel } from './exported-model.ts';
import { bytesFile, jsonFile, textFile, type ExportFile } from './export-file.ts';
import { debertaOnnx } from './onnx/deberta-graph.ts';
import { GraphBuilder } from './onnx/graph.ts';
import { storedWeights } from './onnx/stored-weights.ts';
import { onnxNames, type OnnxType } from './onnx/onnx-types.ts';
import { onnxFiles } from './onnx/write-onnx.ts';
import { forTransformersJs, sentencePieceAsJson } from './tokenizer-json.ts';

/**
 * The folder that transformers.js, optimum and onnxruntime load. Throws the tokenizer's ManabiErrors and export-not-json; its parts may
 * throw export-float16-range.
 */
export function transformersFolder(
  model: ExportedModel,
  types: readonly OnnxType[],
  card: string,
): ExportFile[] {
  return [
    ...settingFiles(model),
    ...types.flatMap((type) => onnxModel(model, type)),
    ...(types.includes('q8') ? [quantizeConfig()] : []),
    textFile('README.md', card),
  ];
}

/** The model as ONNX: one file, or two above 2 GiB. */
export function onnxModel({ config, read }: ExportedModel, type: OnnxType): ExportFile[] {
  const graph = new GraphBuilder();
  const path = onnxNames[type];
  const [folder, file] = path.split('/');
  const files = onnxFiles(debertaOnnx(config, graph, storedWeights(config, read, graph, type)), file);
  return files.map((made) => ({ ...made, name: `${folder}/${made.name}` }));
}

type Conversion = ReturnType<typeof readConversion>;

/** config.json and, where there is a tokenizer, its files, completed. */
function settingFiles({ config, files }: ExportedModel): ExportFile[] {
  const read = (name: string): Record<string, unknown> =>
    files[name] ? (JSON.parse(new TextDecoder().decode(files[name])) as Record<string, unknown>) : {};
  const made = [jsonFile('config.json', savedConfig(files['config.json'], config.vocab_size))];
  if (!files['tokenizer.json'] && !files['spm.model']) return made;
  const tokenizerFiles = files as TokenizerFiles;
  const settings = readConversion(tokenizerFiles);
  made.push(
    // Vocabularies are long: without white space.
    jsonFile('tokenizer.json', tokenizerJson(tokenizerFiles, settings), 0),
    jsonFile('tokenizer_config.json', {
      ...tokenizerDefaults(config, settings),
      ...read('tokenizer_config.json'),
    }),
    jsonFile('special_tokens_map.json', {
      ...specialTokens(settings.named),
      ...read('special_tokens_map.json'),
    }),
  );
  const asTheyCame = ['spm.model', 'added_tokens.json'].filter((name) => files[name]);
  return [...made, ...asTheyCame.map((name) => bytesFile(name, files[name]))];
}

function tokenizerJson(files: TokenizerFiles, { options }: Conversion): unknown {
  const given = files['tokenizer.json'];
  const spm = files['spm.model'];
  if (given !== undefined) {
    return forTransformersJs(JSON.parse(typeof given === 'string' ? given : new TextDecoder().decode(given)));
  }
  if (!spm) throw new ManabiError('tokenizer-missing', '');
  return forTransformersJs(sentencePieceAsJson(spm, options));
}

function tokenizerDefaults(config: DebertaConfig, { options, named }: Conversion) {
  return {
    tokenizer_class: 'DebertaV2Tokenizer',
    do_lower_case: options.doLowerCase,
    split_by_punct: options.splitByPunct,
    model_max_length: config.max_position_embeddings,
    clean_up_tokenization_spaces: false,
    ...specialTokens(named),
  };
}

function specialTokens(named: Conversion['named']) {
  return Object.fromEntries(Array.from(named, ([name, content]) => [`${name}_token`, content]));
}

/** What transformers.js's own conversion script writes beside a quantized model. */
function quantizeConfig(): ExportFile {
  const op_types = ['Gather', 'MatMul'];
  return jsonFile('quantize_config.json', {
    per_channel: true,
    reduce_range: false,
    per_model_config: { model: { op_types, weight_type: 'QInt8' } },
  });
}
