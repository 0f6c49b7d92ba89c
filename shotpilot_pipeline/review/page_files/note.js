// The sheet on which a note is written, with a pin on the picture if wanted. Saves nothing: it gives what was said.
import { $, el } from './dom.js';

export class NoteSheet {
  constructor(dialog, viewer) {
    this.dialog = dialog;
    this.viewer = viewer;
  }

  /** Ask for a note on a take. Gives {note, pin}, or null where it was left. `show` opens the picture for a pin. */
  async ask(name, mine, show) {
    let said = { note: mine ? mine.text : '', pin: mine ? mine.pin : null };
    for (;;) {
      const answer = await this.#once(name, said);
      if (answer === null) return null;
      said = answer;
      if (!answer.placing) return { note: said.note, pin: said.note ? said.pin : null };
      show();
      const pin = await this.viewer.askPin();
      if (pin) said.pin = pin;
    }
  }

  #once(name, said) {
    return new Promise((give) => {
      let answer = null;
      const text = el('textarea', { id: 'note-text', rows: 5, maxLength: 4000, value: said.note });
      let pin = said.pin;
      const finish = (placing) => { answer = { note: text.value.trim(), pin, placing }; this.dialog.close(); };
      const place = el('button', { type: 'button', onclick: () => finish(true) }, pin ? 'Move the pin' : 'Pin to the picture');
      const off = el('button', { type: 'button', hidden: !pin, onclick: () => { pin = null; off.hidden = true; place.textContent = 'Pin to the picture'; } }, 'Take the pin off');
      text.addEventListener('keydown', (event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); finish(false); }
      });
      this.dialog.replaceChildren(el('h2', { id: 'note-title' }, 'Note on ', el('span.code', {}, name)),
        el('label', { htmlFor: 'note-text' }, 'What is to be said of this take'), text,
        el('p.hint', {}, 'Ctrl-Enter saves. An empty note takes it away.'),
        el('div.note-acts', {}, el('span', {}, place, off), el('span', {}, el('button', { type: 'button', onclick: () => this.dialog.close() }, 'Cancel'),
          el('button.main', { type: 'button', onclick: () => finish(false) }, 'Save'))));
      this.dialog.addEventListener('close', () => give(answer), { once: true });
      this.dialog.showModal();
      $('textarea', this.dialog).focus();
    });
  }
}
