// What is wrong, then what to do, for every error code. One block per room. The place, like a file's name, is put before it.
export const en = {
  // squad
  'squad-empty':
    'The file is empty. Choose a file with questions (SQuAD-format JSON, JSON Lines, CSV, TSV or Parquet).',
  'squad-csv':
    'This looks like {kind}, but columns that are needed are missing (found: {found}). Name them context, question, answer (and answer_start, if there is one) in the first line.',
  'squad-not-json':
    'Not valid JSON ({reason}). Check that the file is complete, and that it was written with json.dump and not as Python prints a list.',
  'squad-unknown-form':
    'Neither JSON nor CSV nor Parquet (it begins with {start}). Check that this is the file with the questions, and not a web page, for example.',
  'squad-not-utf8': 'Neither UTF-8 nor UTF-16. Convert the file to UTF-8 (in Excel, save it as “CSV UTF-8”).',
  'squad-not-text':
    'No text (it begins with {start}). Choose a file with questions; save an Arrow file or an .xls workbook as JSON Lines, Parquet or CSV.',
  'squad-parquet': 'Not a whole Parquet file ({reason}). Download it again, or save it as JSON Lines.',
  'squad-shape':
    '{key} should be of type {wanted}, and no question was found. Use the SQuAD format (data → paragraphs → context, qas → question, answers) or a list of rows with context, question and answers.',
  'squad-no-questions':
    'There is no usable question ({excluded} rows left out). The first one is {place}: {why_en}',
  'squad-only-unanswerable':
    'None of its {count} questions has an answer. Add questions that have one (a field answers with text and answer_start).',
  'squad-one-file': 'These are {count} files. Choose one for training and one for evaluation.',
  'squad-too-large': '{size} MB is over the limit of {limit} MB. Split the file.',
  // compression
  'packed-kind': 'Packed with {kind}; only gzip and zip are read. Unpack the file and choose what was in it.',
  'packed-damaged':
    'Cannot be unpacked as {kind} ({reason}). Download it again, or unpack it and choose what was in it.',
  'packed-workbook': 'A workbook of a spreadsheet program. Save it as “CSV UTF-8”, and choose that CSV.',
  'packed-files':
    'The zip holds {count} files ({files}). Unpack it and choose the one to train or evaluate on.',
  // what is dropped on the page
  'data-is-model':
    'This is a file of a model. Drop it on the box under Model. For data, choose a file with questions (JSON, JSON Lines, CSV, TSV or Parquet).',
  'model-is-data':
    'This is a data file. Drop it on a box under Data. For the model, choose a folder with config.json and weights.',
  'drop-which-data':
    'The name does not tell whether this is for training or for evaluation. Drop one file on each box under Data.',
  'drop-unknown':
    'This file cannot be used. Drop a file with questions (JSON, JSON Lines, CSV, TSV or Parquet) or a model folder.',
  'drop-busy': 'Nothing is taken while work goes on. Drop it again when it has ended.',
  // tokenizer
  'tokenizer-missing':
    'There is no tokenizer. Add tokenizer.json or spm.model; from other files, as vocab.txt, Python makes a tokenizer.json: AutoTokenizer.from_pretrained(folder).save_pretrained(folder).',
  'tokenizer-broken': 'The tokenizer file is broken ({reason}). Download it again.',
  'tokenizer-not-json': 'Not valid JSON ({reason}). Check that the file is complete.',
  'tokenizer-shape':
    '{key} should be of type {wanted}. If the file was edited, restore it; otherwise download it again.',
  'tokenizer-unsupported':
    'The part {part} {name} of the tokenizer is not supported. Choose a model whose tokenizer does without it, or make tokenizer.json again without it.',
  'tokenizer-class':
    'Tokenizers of the class {name} are not supported. Save it again as a PreTrainedTokenizerFast (save_pretrained), or choose a model with a DebertaV2TokenizerFast.',
  'tokenizer-segmenter':
    '{name} segments words with {program}, which does not run here. Choose a model whose tokenizer does without {program} (tokenizer.json or spm.model).',
  'tokenizer-special-token':
    'The tokenizer has no {token}. Name it in tokenizer_config.json, and have the token in the vocabulary.',
  'tokenizer-unknown-token':
    'A text has a character that the vocabulary lacks, and so is the unknown token ({token}): it cannot be tokenized. Set unk_token (unk_id for Unigram) of the model in tokenizer.json.',
  'tokenizer-no-room':
    'The question is too long to leave room for its context ({tokens} tokens of at most {max_length}). Shorten it, or raise max_seq_length.',
  'tokenizer-stride':
    'doc_stride {doc_stride} is too large for a length of {max_length} and a question of {tokens} tokens. Set doc_stride to {largest} or less, or raise max_seq_length.',
  // features
  'features-no-context': 'The context has no tokens. Leave this question out, or give it a text.',
  // checkpoint
  'file-changed': 'The file changed or could not be read to its end. Choose it again.',
  'safetensors-too-short': 'A file too short for safetensors ({size} bytes). Download it again.',
  'safetensors-header-length':
    'The header length of {length} bytes is beyond the file ({size} bytes) or beyond 100 MB. Download it again.',
  'safetensors-header-json':
    'The header is not JSON. Check that this is a safetensors file, and download it again.',
  'safetensors-entry': 'The tensor {tensor} has no valid {key}. Download the file again.',
  'safetensors-dtype':
    'The tensor {tensor} has the dtype {dtype}, which cannot be read. Choose a model that is not quantized: float32, float16 or bfloat16.',
  'safetensors-end-before-start':
    'The tensor {tensor} ends ({end}) before it starts ({start}). Download the file again.',
  'safetensors-byte-length':
    'The shape {shape} of the tensor {tensor} does not fit its length of {found} bytes. Download the file again.',
  'safetensors-overlap':
    'The tensor {tensor} overlaps another one, or there is a hole in the data before it. Download the file again.',
  'safetensors-truncated':
    'The data is shorter ({found} bytes) than the header says ({wanted}). Download the file again.',
  'safetensors-trailing': 'There are {bytes} bytes after the last tensor. Download the file again.',
  'zip-incomplete': 'The zip has no end record: the file is incomplete. Download it again.',
  'zip-compressed':
    '{entry} is compressed, and PyTorch stores its entries uncompressed: refused. Choose the original pytorch_model.bin.',
  'zip-crc': 'The CRC of {entry} does not match: its data is damaged. Download the file again.',
  'zip-broken': 'Not a whole zip ({reason}). Download it again.',
  'zip-too-large': 'A zip of more than 4 GiB cannot be written. Download the model alone.',
  'pickle-global':
    'The pickle asks for {name}, which is not on the allow-list: refused, and nothing was executed. Choose model.safetensors from a source you trust, or save the weights alone in Python: torch.save(model.state_dict(), …).',
  'pickle-broken':
    'Not a whole state dict of PyTorch (at byte {at}: {reason}). Download it again, or choose model.safetensors.',
  'torch-no-tensors':
    'Not a file that torch.save has written (no tensors). Choose it as PyTorch wrote it (pytorch_model.bin, optimizer.pt), or model.safetensors.',
  'torch-not-a-state-dict':
    'A file of PyTorch, but not a dict of weights (it holds: {found}). Choose what torch.save(model.state_dict()) or save_pretrained has written.',
  'file-lfs-pointer':
    'A Git LFS pointer, not the file itself. Run git lfs pull, or download this file from the page where it is published.',
  'file-html':
    'A web page (HTML), not the file itself; a sign-in may have been needed. Download the file with the “download” link of its page.',
  'file-text':
    'A text, not the file itself (it begins with {start}). Download it again from the page where it is published; a sign-in may be needed.',
  'file-packed': 'Packed with {kind}. Unpack it and choose the files that were in it.',
  'torch-storage': 'The storage {key} should have {wanted} bytes and has {found}. Download the file again.',
  'torch-views': 'The tensor {tensor} overlaps other tensors. Save the weights again after clone().',
  'index-broken': 'Not an index of shards ({reason}). Download it again.',
  'shard-missing': 'The shard {shard} is missing. Choose all files of the model folder.',
  'weights-ambiguous':
    'There are several weight files and none has a name that tells which to use. Choose one model.safetensors or pytorch_model.bin.',
  'weights-other-format':
    'Weights in the format of {file} cannot be read. Choose model.safetensors or pytorch_model.bin of the same model; those of TensorFlow and Flax can be saved so in Python (from_pretrained with from_tf=True or from_flax=True, then save_pretrained).',
  'trainer-file':
    "{file} is missing. Choose all files of the Trainer's checkpoint folder. A checkpoint of save_only_model has none: choose it as a model, and begin a new run.",
  'trainer-state': '{key} should be: {wanted}. Check that all files come from one checkpoint folder.',
  'trainer-optimizer':
    'The optimizer state {reason} does not fit this model. Check that the checkpoint is of this model and of the Trainer with AdamW.',
  'weights-missing': 'The tensor {tensor} is missing. Check that the weights belong to this config.json.',
  'weights-of-several':
    'The file holds several models ({prefixes}). Save the one to train by itself (save_pretrained, or torch.save of its state_dict), and choose that.',
  'weights-shape':
    'The tensor {tensor} has shape {found}, and config.json asks for {wanted}. Check that both files belong to one model.',
  // gpu
  'gpu-unavailable':
    'WebGPU is not available. Open the page in a current Chrome or Edge and update the graphics driver.',
  'gpu-insecure':
    'This page was opened over plain http, where a browser gives no GPU and no threads. Open it over https or as localhost. As it is, it can train on one thread of the CPU.',
  'gpu-no-adapter':
    'No usable GPU was found. Check WebGPU on chrome://gpu and update the driver, or choose the CPU (slow).',
  'gpu-error':
    'The GPU reported an error ({reason}). Use a smaller batch, or choose the CPU; a run goes on from its last checkpoint.',
  'gpu-wrong':
    'This GPU computes other numbers than the processor (difference {difference}, bound {bound}), so it is not used. Update the graphics driver and the browser to use it.',
  'gpu-wrong-loss':
    'The GPU gave a loss of {loss} for step {step}, the processor {expected}. The run goes on from its last checkpoint on the processor.',
  'gpu-lost': 'The GPU was lost ({reason}). The run can go on from its last checkpoint.',
  'gpu-lost-again':
    'The GPU was lost {count} times at the same place (after step {step}), so the run was ended ({reason}). Its last checkpoint is kept: use a smaller batch or max_seq_length, or choose the CPU, and continue.',
  'gpu-buffer-too-large':
    'A buffer of {bytes} bytes is needed, and this GPU allows {limit}. Use a smaller batch or max_seq_length.',
  'gpu-model-too-large':
    'The weights of this model need a buffer of {bytes} bytes, and this GPU allows {limit}. Choose a smaller model, or the CPU (slow).',
  'cpu-no-simd':
    'WebAssembly has no SIMD in this browser, so the processor cannot train. Update the browser, or use a GPU.',
  'cpu-no-memory64':
    'This model needs more than 4 GiB of memory, which WebAssembly cannot have in this browser (it has no memory64). Use Chrome 133 or Firefox 134 or newer, or choose a smaller model.',
  'cpu-no-kernels': 'The kernels cannot be loaded ({reason}). Check the connection and reload the page.',
  'cpu-memory':
    'This needs {needed} MiB of memory, which is not there. Halve per_device_train_batch_size and double gradient_accumulation_steps, lower max_seq_length, or close other apps and tabs.',
  'page-incomplete':
    'A part of the page (a worker) could not be loaded. Check the network and reload the page. If the server is yours, let it send Cross-Origin-Embedder-Policy with a 304, too.',
  'cpu-thread':
    'A compute thread stopped ({reason}). The run goes on from its last checkpoint: reload the page.',
  'gpu-memory':
    'This run needs {needed} MiB of GPU memory, which is not there. Halve per_device_train_batch_size and double gradient_accumulation_steps, lower max_seq_length, or close other apps and tabs that use the GPU.',
  // model
  'config-shape': '{key} should be: {wanted}. Check that this is the config.json of a model.',
  'config-not-json': 'Not valid JSON ({reason}). Download the config.json of the model again.',
  'config-architecture':
    'Models of model_type {found} cannot be used. Choose a deberta-v2 model; if it is one, write "model_type": "deberta-v2" into config.json.',
  'config-unsupported': '{key} = {value} is not supported. Choose another DeBERTa-v2 model.',
  'config-token-types':
    'type_vocab_size is {type_vocab_size}, and the tokenizer gives question and context different types. Check that config.json and the tokenizer belong to one model.',
  'token-beyond-vocabulary':
    'The token {token} has the id {id}, and the embedding table of the model has {vocab_size} rows. Use the tokenizer of this very model, or save the model again after resize_token_embeddings in Python.',
  'position-limit':
    '{name} = {value} is longer than the position table of this model ({positions} positions). Set it to {largest} or less.',
  // training
  'engine-fp16-webgpu': 'fp16 works on WebGPU only. Switch fp16 off, or switch to WebGPU.',
  'engine-fp16-sizes':
    'This model cannot be trained with fp16: the sizes of its attention heads, intermediate layer and relative positions must be multiples of {wanted}. Switch fp16 off.',
  'training-overflow':
    'With fp16 the gradients overflowed in {steps} steps in a row, up to step {step}. Switch fp16 off or lower learning_rate, and continue from the last checkpoint.',
  'training-argument': '{value} cannot be used here. Set it to: {wanted}.',
  'training-no-features':
    'There is no question to train on: under Data it says why they were left out. Raise max_seq_length, or choose data that has questions with answers.',
  'training-no-batch':
    'With dataloader_drop_last, {rows} rows make no batch of {batch}. Lower per_device_train_batch_size, or switch dataloader_drop_last off.',
  'training-not-finite':
    'At step {step} the {name} is no longer a finite number ({value}). Lower learning_rate and continue from the last checkpoint.',
  'training-resume':
    'This checkpoint is at step {found}, beyond the {total} steps of these settings. Raise num_train_epochs or max_steps.',
  // answering
  'answer-no-questions':
    'There is no question to evaluate. Look under Data for why they were left out, and raise max_seq_length or choose other evaluation data.',
  'answer-empty-question': 'The question is empty. Enter a question.',
  'answer-empty-context': 'The text is empty. Enter the text to look for the answer in.',
  'answer-stride': 'doc_stride ({doc_stride}) must not be larger than max_seq_len ({max_seq_len}).',
  'answer-unknown-example': 'No question of the data has this id. Make the features from the same data.',
  // storage
  'storage-unavailable':
    'The storage of the browser cannot be opened ({reason}). Free space on the disk and restart the browser; if that does not help, delete what it stores for this site.',
  'storage-memory':
    'The browser stores no data for this page, so the run is kept in memory alone and is gone with the tab: download the model when it is done. To be able to continue a run later, allow the page to store site data.',
  'storage-newer': 'The stored data belongs to a newer version of this page. Reload the page.',
  'storage-full':
    'Not enough storage ({needed} MB needed, room for about {available} MB). Delete runs or downloaded models that are no longer needed, or free space on the disk. What was saved before is intact.',
  'storage-failed': 'Could not be stored ({reason}). Reload the page and continue from the last checkpoint.',
  cancelled: 'Cancelled. Everything else is as it was.',
  'run-no-checkpoint': 'This run has not come to its first checkpoint. Continue it, or start it anew.',
  'run-unknown': 'This run is not stored; another tab may have deleted it. Open the list again.',
  'run-locked': 'This run is being trained in another tab. Go on there, or stop it there and try again.',
  'checkpoint-damaged': 'Checkpoint {generation} is damaged ({reason}). The one before it is used.',
  'checkpoint-lost':
    'No usable checkpoint is left ({reason}). Start the run again with the same data and settings.',
  'checkpoint-best-lost':
    'The weights with the lowest eval loss (step {step}) are gone. Those of the last step are used.',
  'download-url': 'Not a URL. Enter one that begins with https://.',
  'download-unreachable':
    'Could not be reached ({reason}). Check the network and the URL, and try again. If the server does not allow other sites to read from it, download the file and choose it.',
  'download-status': 'The server answered with error {status}. Check the URL, or try again later.',
  'download-missing': 'There is no file at this URL ({status}). Check the URL.',
  'download-denied':
    'This file may not be read without permission ({status}). Sign in where it is published, download it, and choose the file.',
  'download-interrupted':
    'The connection broke ({loaded} of {total} MB loaded). What was loaded is kept: try again to go on from there.',
  'download-cancelled':
    'The download was cancelled ({loaded} of {total} MB loaded). What was loaded is kept: start again to go on from there.',
  'download-damaged':
    'What was loaded does not match the SHA-256 of its source ({found} instead of {wanted}). It was removed; download it again.',
  'download-busy': 'This file is being downloaded. Wait for its end, or cancel it, and delete it then.',
  'hub-id': 'Not the id of a model. Enter it as name/model, like ku-nlp/deberta-v2-base-japanese.',
  'hub-unknown-model':
    'There is no such model at {base}, or it is private. Check the spelling of the id; for a private one, sign in, download it, and choose the folder.',
  'hub-gated':
    'The files of this model need a sign-in or an accepted licence. Sign in at {url}, download the files, and choose their folder.',
  'hub-no-file': 'This model has no {file}. Choose another model, or choose the files of a model folder.',
  'hub-index': 'The index of the weights is broken ({reason}). Choose another model.',
  // workers
  'model-not-loaded': 'No model is loaded. Choose a model first.',
  'model-no-config': 'There is no config.json. Choose all files of the model folder.',
  'model-adapter':
    'The weights of an adapter (LoRA, for example) without its model. Put them into the model in Python (PEFT: merge_and_unload), save it with save_pretrained, and choose that folder.',
  'model-folder-missing':
    'There is no such folder, and it is not the id of a model of the hub (name/model). Check the path or the id.',
  'data-file-missing': 'There is no such file. Check the path, or give a URL that begins with https://.',
  'model-no-weights':
    'There are no weights (model.safetensors or pytorch_model.bin). Choose all files of the model folder.',
  // export
  'hub-token':
    'This token may not write there. Make a token (hf_…) with write permission for this repository in the settings of Hugging Face and paste it. Nothing was changed there.',
  'hub-upload':
    'The upload failed ({reason}). Check the connection and send it again. The files of the repository are as they were.',
  'export-nothing': 'There are no files yet. Make them first.',
  'export-check': 'transformers.js cannot load this model ({reason}). Do not save it; make it again.',
  'export-disk':
    'It cannot be written ({reason}). Check the free space and your right to write, or name another place. Nothing half-made was left.',
  'export-no-head':
    'There is no question-answering head ({tensor}). Choose a model trained for question answering, or train it first.',
  'export-no-room':
    'The browser found no room for this file ({megabytes} MB, {reason}). Free space on the disk, then make it again. Nothing half-made was saved.',
  'export-two-files':
    'Above 2 GB an ONNX model is two files, which transformers.js 2 cannot load. Choose a smaller type, float16 or 8 bits.',
  'export-not-json':
    '“{key}” is NaN, which JSON does not have, so transformers.js cannot read this file. Give “{key}” a number or null in config.json and choose the model again.',
  'export-float16-range':
    'The weight {value} is beyond float16 (65504 at most). Save as float32 or bfloat16.',
  // parity
  'parity-folder': 'There is no such folder. Name a folder of recorded values.',
  'parity-part': 'There is no part of this name. Choose from {parts}.',
  'parity-file': 'This file is missing from the folder of recorded values. Record it again.',
  'parity-nothing': 'There is nothing to check. Name a folder that holds some of {parts}.',
  'parity-no-chromium':
    'Chromium does not start ({reason}). Install Chromium or Chrome, or set CHROMIUM_PATH to its executable, or leave --browser out.',
};
