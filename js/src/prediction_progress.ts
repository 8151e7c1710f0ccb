/** How far a batch of predictions is. */
import { progressView } from "./lib/progress";

export default progressView("prediction_progress", "Prediction");
