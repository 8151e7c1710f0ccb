/** TensorFlow.js without what a page that only predicts never needs: training, other backends, data sets. */
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-webgl";

export { loadGraphModel } from "@tensorflow/tfjs-converter";
export {
  add,
  browser,
  cast,
  expandDims,
  getBackend,
  image,
  memory,
  mul,
  ready,
  reshape,
  round,
  setBackend,
  slice,
  sum,
  tensor,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
export { loadLayersModel } from "@tensorflow/tfjs-layers";
