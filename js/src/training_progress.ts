/** How far a training is. */
import { progressView } from "./lib/progress";

export default progressView("training_progress", "Training");
