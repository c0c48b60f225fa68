// A quick judgement of one version of a clip, which can be compared with the clip as it was; the digits answer from left to right.

import { h, prose } from "../dom.js";
import { kinds } from "../kinds.js";
import { trial } from "./trial.js";

kinds.calibration = calibration;

async function calibration(step, page) {
  const { t } = page;
  const names = [t("calibration_version"), t("calibration_untouched")];
  const above = [step.html && prose(step.html), h("p", { class: "tag" }, t("calibration_count", { number: step.number, of: step.of }))];
  const { answer, telemetry } = await trial({ ...step, has_reference: true, names, above, rate_now: "calibration_rate" }, page);
  return { answer: { judgement: answer.rating }, telemetry };
}
