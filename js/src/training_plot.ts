/** The curves of a training. */
import { html } from "lit-html";
import { Curves } from "./lib/curves";
import { type ChartKeys, ToldCurves } from "./lib/told_curves";
import { TrainingLog } from "./lib/training_log";
import { view } from "./lib/view";

interface State {
  charts: ChartKeys[];
  /** What is said where there are no charts. */
  sentence: string;
}

export default view<State>("training_plot", (context) => {
  const told = new ToldCurves();
  const curves = new Curves(told, context.signal);
  const log = new TrainingLog(
    (entry) => told.take(entry),
    (since) => context.send({ kind: "since", since }),
  );
  const draw = () => {
    told.ask(context.get("charts"));
    curves.draw(told.horizon);
  };

  context.on("log", (message) => {
    log.receive(message);
    context.known = log.known;
    draw();
  });
  context.on("pong", ({ newest }) => {
    for (const number of Object.values(newest as object)) log.reach(number);
  });
  context.react(draw);
  draw();

  return () => html`<p class="marcelle-muted" ?hidden=${!context.get("sentence")}>${context.get("sentence")}</p>${curves.node}`;
});
