// What is announced after a command, in words.
import { answerTo } from "./answers.js";
import { completed, impliedLast, placeOf } from "./ranking.js";

/** The sentence for what happened, or null where nothing is to be said. */
export function sentence(told, state, t) {
  if (!told?.event) return null;
  const { event, id, question, value } = told;
  const number = id ? state.ids.indexOf(id) + 1 : null;
  switch (event) {
    case "placed":
    case "tied": return placed(id, number, question, state, t);
    case "removed": return t("SaidRemoved", number);
    case "rated": return t("SaidRated", number, question.text, value);
    case "scale": return onScale(value, question, t);
    case "allEqual": return t("SaidAllEqual");
    case "asShown": return t("SaidAsShown");
    case "undone": return t("SaidUndone");
    case "nothingToUndo": return t("SaidNothingToUndo");
    case "noTies": return t("SaidNoTies");
    case "nothingAbove": return t("SaidNothingAbove");
    case "isFirst": return t("SaidIsFirst", number);
    case "isLast": return t("SaidIsLast", number);
    case "noneOn": return t("SaidNoneOn");
    case "noneOff": return t("SaidNoneOff");
    case "flagged": return t("SaidFlagged", value);
    case "unflagged": return t("SaidUnflagged");
    default: return null;
  }
}

function onScale(value, question, t) {
  if (value === 0) return t("Equal");
  const [side, strength] = [value < 0 ? 1 : 2, Math.abs(value)];
  if (!(question.maxStrength > 0)) return t("IsBetter", side);
  const text = question.strengthTexts?.[strength - 1];
  return text ? t("IsBetterText", side, text) : t("IsBetterBy", side, strength, question.maxStrength);
}

function placed(id, number, question, state, t) {
  const { groups } = answerTo(state.answers, question);
  const all = completed(groups, state.ids);
  const at = placeOf(all, id);
  if (at < 0) return null;
  const others = all[at].filter((other) => other !== id).map((other) => state.ids.indexOf(other) + 1);
  const place = t(`Place${at + 1}`);
  const said = others.length > 0 ? t("SaidTied", number, others.join(", "), place) : t("SaidPlaced", number, place);
  const implied = impliedLast(groups, state.ids);
  return implied && implied !== id ? `${said} ${t("SaidImplied", state.ids.indexOf(implied) + 1)}` : said;
}
