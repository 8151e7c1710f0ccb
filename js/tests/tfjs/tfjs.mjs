// The real TensorFlow.js, quiet: what it prints goes to the other stream than the answers.

console.log = console.info = console.warn = console.error;

const { default: tf } = await import("@tensorflow/tfjs");
export default tf;

/** Use a backend: "cpu" (plain JavaScript) or "wasm". */
export async function useBackend(name) {
  if (tf.getBackend() === name) return;
  if (name === "wasm") await import("@tensorflow/tfjs-backend-wasm");
  if (!(await tf.setBackend(name))) throw new Error(`no backend ${name}`);
  await tf.ready();
}
