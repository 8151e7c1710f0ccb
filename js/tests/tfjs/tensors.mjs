// Tensors as JSON: the numbers as bytes in base64, so that every one arrives exactly.

import tf from "./tfjs.mjs";

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array, complex64: Float32Array };

/** A tensor from `{shape, dtype, data}`; data is base64, a list of numbers, or a list of texts. */
export function fromJson({ shape, dtype, data }) {
  if (dtype === "string") return tf.tensor(data, shape, "string");
  if (dtype === "complex64") {
    const parts = numbers(data, dtype);
    const part = (offset) => tf.tensor(parts.filter((_, i) => i % 2 === offset), shape, "float32");
    return tf.complex(part(0), part(1));
  }
  return tf.tensor(numbers(data, dtype), shape, dtype);
}

function numbers(data, dtype) {
  const kind = ARRAYS[dtype];
  if (typeof data !== "string") return kind.from(data);
  const bytes = Buffer.from(data, "base64");
  return new kind(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** `{name, shape, dtype, data}` of a tensor, its bytes as base64 or its texts as a list. */
export async function toJson(tensor, name) {
  const values = await tensor.data();
  const { shape, dtype } = tensor;
  if (dtype === "string") return { name, shape, dtype, data: [...values] };
  const bytes = ARRAYS[dtype].from(values);
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  return { name, shape, dtype, data };
}
