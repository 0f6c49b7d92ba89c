// The head of the page: how far one is, what the next render would cost, what is wrong. Draws what it is told.
import { $, el } from './dom.js';
import { counted, dollars, progress } from './model.js';

/** Draw the head for the stage that is shown ('' for all). */
export function showHead(desk, stage) {
  const { head } = desk, shots = [...desk.shots.values()];
  document.title = `${head.title}: review`;
  $('#title').textContent = head.title;
  $('#slates').hidden = !head.rehearsal;
  const done = progress(shots, stage), bar = $('#progress progress');
  $('#progress span').textContent = done.all ? `${done.decided} of ${done.all} decided${stage && head.stages.length > 1 ? ` at ${stage}` : ''}` : 'Nothing to decide';
  bar.max = Math.max(1, done.all);
  bar.value = done.decided;
  bar.hidden = !done.all;
  $('#next').replaceChildren(...nextWords(head));
  const run = $('#run');
  run.hidden = !head.run || !head.run.live;
  if (!run.hidden) run.textContent = `${head.run.doing}: ${head.run.takes}${head.run.expected ? ` of ${head.run.expected}` : ''} takes came`;
  $('#undo').disabled = !head.undo;
  $('#undo').title = head.undo ? `Take back: ${head.undo} (Ctrl-Z)` : 'Nothing to take back';
  const sentences = [head.note, ...head.problems].filter(Boolean);
  $('#banner').hidden = !sentences.length;
  $('#banner').replaceChildren(...sentences.map((text) => el('p', {}, text)));
}

function nextWords(head) {
  const next = head.next, command = head.rehearsal ? 'rehearsal' : 'render';
  const later = next.cost_usd_at_most !== next.cost_usd ? `, ${dollars(next.cost_usd_at_most)} at most` : '';
  const unknown = next.unpriced ? `, ${next.unpriced} of unknown price` : '';
  if (!next.images && !later) return [el('span.words', {}, `Next ${command}: `), el('b', {}, head.rehearsal ? 'nothing to draw' : 'nothing to buy')];
  const would = head.rehearsal ? ' if it were bought' : '';
  return [el('span.words', {}, `Next ${command}: `), el('b', {}, dollars(next.cost_usd)), el('span.rest', {}, `${would}, ${counted(next.images, 'picture')}${later}${unknown}`)];
}

/** Fill a select of the filters, keeping what was chosen. */
export function options(tools, name, pairs) {
  const select = tools.elements[name], chosen = select.value, told = JSON.stringify(pairs);
  select.closest('label').hidden = pairs.length < 2;
  if (select.dataset.told === told) return;
  select.dataset.told = told;
  select.replaceChildren(...pairs.map(([value, words]) => new Option(words, value)));
  select.value = pairs.some(([value]) => value === chosen) ? chosen : '';
}
