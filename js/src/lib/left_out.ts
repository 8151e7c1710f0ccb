/** Which predictions cannot be counted, in a sentence. */
import { counted } from "./words";

/** "3 predictions left out: it is not known what is true"; "" where none is. */
export function leftOut(withoutTruth: number, withoutAnswer: number, answer: string): string {
  const parts = [
    [withoutTruth, "it is not known what is true"],
    [withoutAnswer, `they have no ${answer}`],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, reason]) => `${counted(count, "prediction")} left out: ${reason}.`)
    .join(" ");
}
