// The texts of prompts and responses, as the API gives them: one text, or messages of a conversation.

const partText = (part) => part.text ?? part.blob ?? "";

/** The text of one message. */
export function messageText(message) {
  if (typeof message === "string") return message;
  const content = message.content ?? message.text ?? message.parts ?? "";
  return typeof content === "string" ? content : content.map(partText).join("");
}

/** The messages of a prompt. */
export const promptMessages = (prompt) => (typeof prompt === "string" ? [{ role: "user", content: prompt }] : prompt ?? []);

/** The messages of a response. */
export const responseMessages = (completion) => completion.messages ?? [{ role: "assistant", content: completion.text ?? "" }];

/** The text of a response that marks count characters of. */
export const responseText = (completion) => responseMessages(completion).map(messageText).join("\n");

/** All that there is to read of a task. */
export const taskText = (task) =>
  [...promptMessages(task.prompt).map(messageText), ...task.completions.map(responseText)].join("\n");
