// What can be heard, by the names that the server and the page's style have for it.

export const NAMES = {
  original: "Original",
  semantic: "Semantic",
  flow: "Flow",
  static: "Static",
  match: "Match EQ",
  reference: "Reference EQ",
  personal: "Mine",
  everybody: "Everybody’s",
  version: "This version",
};
export const LETTERS = ["A", "B", "C", "D"];
