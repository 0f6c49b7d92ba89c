// Sentences for the person at the page: short ones that go by themselves, and those that wait for an answer.
import { el } from './dom.js';

const BRIEF = 4500; // ms

export class Notices {
  #standing = new Map();

  /** `back` gives the keyboard back to where the person was, once a button here was pressed. */
  constructor(root, back) {
    this.root = root;
    this.back = back;
  }

  /** Say something that needs no answer. */
  say(text) {
    for (const old of this.root.querySelectorAll('.brief')) old.remove();
    const note = el('p.notice.brief', {}, text);
    this.root.append(note);
    setTimeout(() => note.remove(), BRIEF);
  }

  /** Say something that stays until it is settled: `name` tells it from others; `acts` are [words, what to do]. */
  stand(name, text, acts = []) {
    const note = el('div.notice.standing', {}, el('p', {}, text),
      el('div.notice-acts', {}, ...acts.map(([words, act]) => el('button', { type: 'button', onclick: async () => { await act(); this.back(); } }, words))));
    const before = this.#standing.get(name);
    if (before && before.isConnected) before.replaceWith(note);
    else this.root.append(note);
    this.#standing.set(name, note);
  }

  /** It is settled. */
  settle(name) {
    const note = this.#standing.get(name);
    if (note) note.remove();
    this.#standing.delete(name);
  }
}
