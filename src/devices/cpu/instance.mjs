// The kernels' module on a memory. Every thread makes its own instance, with the same function table.

/** Functions of kernels.as.ts that are no kernels. */
const runtime = new Set(['work', 'begin', 'ended', 'serve']);

/**
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Memory} memory
 * @returns {{ exports: WebAssembly.Exports, kernels: Map<string, number> }} the functions, and each kernel's place in the table
 */
export function instantiate(module, memory) {
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  const kernels = names.filter((name) => !runtime.has(name));
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: kernels.length + 1 });
  const { exports } = new WebAssembly.Instance(module, { env: { memory, table } });
  for (const [i, name] of kernels.entries()) table.set(i + 1, exports[name]);
  return { exports, kernels: new Map(kernels.map((name, i) => [name, i + 1])) };
}
