/** fp32: as trained. fp16: stored in half, computed in float32. q8: products and embedding tables in 8 bits. */
export const onnxTypes = ['fp32', 'fp16', 'q8'] as const;
export type OnnxType = (typeof onnxTypes)[number];

/** The names under which transformers.js looks for them. */
export const onnxNames: Readonly<Record<OnnxType, string>> = {
  fp32: 'onnx/model.onnx',
  fp16: 'onnx/model_fp16.onnx',
  q8: 'onnx/model_quantized.onnx',
};
