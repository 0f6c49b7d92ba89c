// The keys: which command a key press means, and the sheet that explains them. Carries out nothing.
import { el } from './dom.js';

/** Command by key, as it is typed without Shift. */
const KEYS = {
  p: 'pick', x: 'reject', u: 'clear', h: 'hero', g: 'grid', c: 'compare', w: 'wipe', f6: 'wipe', z: 'pixels', n: 'note',
  m: 'more', r: 'redo', a: 'auto', i: 'info', enter: 'loupe', ' ': 'loupe', tab: 'flip', '(': 'flip-back', ')': 'flip', '[': 'stage-down',
  ']': 'stage-up', '/': 'find', '?': 'help', arrowleft: 'left', arrowright: 'right', arrowup: 'up', arrowdown: 'down',
  home: 'first', end: 'last', pageup: 'page-up', pagedown: 'page-down', escape: 'back', ',': 'before', '.': 'after', '+': 'zoom-in', '=': 'zoom-in',
  '-': 'zoom-out',
};
const MARKS = new Set(['pick', 'hero', 'reject', 'clear', 'stars0', 'stars1', 'stars2', 'stars3', 'stars4', 'stars5']);
const SIGNS = new Set(['(', ')', '[', ']', '/', '?', '+', '=', '-', ',', '.']);

/** What a key press asks for: {name, advance}; null for one that is not ours. */
export function commandOf(event) {
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && !event.altKey) return key === 'z' && !event.shiftKey ? { name: 'undo', advance: false } : null;
  if (SIGNS.has(event.key)) return { name: KEYS[event.key], advance: false }; // with AltGr on many keyboards
  if (event.altKey || event.ctrlKey || event.metaKey) return null;
  const digit = /^(?:Digit|Numpad)([0-5])$/.exec(event.code);
  const name = digit ? `stars${digit[1]}` : KEYS[key];
  if (!name) return null;
  if (name === 'flip' && event.shiftKey) return { name: 'flip-back', advance: false };
  return { name, advance: event.shiftKey && MARKS.has(name) };
}

const SHEET = [
  ['Decide', [['P', 'Pick: this take goes on; the pick before becomes an alternate'], ['H', 'Hero: this take goes on, and it alone'], ['X', 'Reject'], ['U', 'Clear the mark'],
    ['1 – 5', 'Stars'], ['0', 'No stars'], ['Shift + key', 'Mark and advance'], ['A', 'Auto-advance on or off'], ['N', 'Note, with a pin if you like'],
    ['M', 'Ask for one more take'], ['R', 'Reject all and ask for as many anew'], ['Ctrl Z or ⌘ Z', 'Undo']]],
  ['Look', [['Enter, Space', 'Loupe'], ['G, Esc', 'Grid'], ['C', 'Compare two; again: four'], ['W, F6', 'Wipe'], ['Tab, ( )', 'Flip to the other take'],
    ['Z', '100 %'], ['+ −', 'Zoom'], ['comma, .', 'Move the wipe; panels of a series'], ['I', 'Hide or show the words']]],
  ['Move', [['← →', 'Takes'], ['↑ ↓', 'Shots'], ['[ ]', 'Same shot, stage down or up'], ['/', 'Search'], ['Home, End', 'First and last shot'], ['PgUp, PgDn', 'Five shots; in the loupe, the words'], ['?', 'These keys']]],
];

/** Draw the sheet of keys into a dialog. */
export function drawKeys(dialog) {
  const part = ([title, rows]) => el('section', {}, el('h3', {}, title), el('dl', {}, ...rows.map(([keys, what]) => el('div', {},
    el('dt', {}, ...keys.split(', ').flatMap((key, place) => [place ? ' ' : '', el('kbd', {}, key === 'comma' ? ',' : key)])), el('dd', {}, what)))));
  dialog.replaceChildren(el('h2', { id: 'keys-title' }, 'Keys'), el('div.key-parts', {}, ...SHEET.map(part)),
    el('form', { method: 'dialog' }, el('button', {}, 'Close')));
}
