/** The functions of the module, and each kernel's place in the function table. */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): { exports: WebAssembly.Exports; kernels: Map<string, number> };
