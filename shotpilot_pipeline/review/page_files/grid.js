// The grid: rows are shots, columns are takes. Draws what it is told and reports what is clicked; decides nothing.
import { $, $$, el, stars, thumb } from './dom.js';
import { counted, dollars, idOf, matches, notesOf, spoken, tasksAt, undecided } from './model.js';

const FRAMING = new Set(['size', 'angle', 'lens']);
const STATES = {
  waiting: 'waiting', held: 'held', omitted: 'omitted', failed: 'failed', refused: 'refused', unknown: 'unknown',
  blocked: 'blocked', stale: 'stale', behind: 'behind',
};

export class Grid {
  #rows = new Map(); // address of the shot -> its row
  #here = null; // the frame the keyboard stands on

  constructor(root, desk, on) {
    this.root = root;
    this.desk = desk;
    this.on = on; // {look(address, id), stand(address, id), choose(changes), filterOff()}
    this.stage = '';
    this.filter = {};
    root.addEventListener('click', (event) => this.#clicked(event));
    root.addEventListener('focusin', (event) => this.#focused(event));
  }

  /** Draw everything anew: rows came or went, the stage or the filter changed. */
  draw() {
    const { head, shots } = this.desk;
    this.#rows.clear();
    const sections = [];
    for (const scene of head.scenes) {
      const rows = scene.shots.map((address) => shots.get(address)).filter(Boolean)
        .filter((shot) => matches(shot, head, this.filter, this.stage)).map((shot) => this.#row(shot));
      if (rows.length) sections.push(this.#scene(scene, rows));
    }
    this.root.replaceChildren(...(sections.length ? sections : [this.#empty()]));
  }

  #scene(scene, rows) {
    const title = el('h2.slug', {}, el('span.scene-no', {}, scene.id), el('span.heading', {}, scene.heading || ''),
      el('span.tally', {}, counted(rows.length, 'shot')));
    return el('section.scene', { 'data-scene': scene.id, 'aria-label': `Scene ${scene.id}` }, title, ...rows);
  }

  #empty() {
    const all = this.desk.shots.size;
    if (!all) return el('div.nothing', {}, el('p', {}, 'There are no shots here.'));
    const clear = el('button', { type: 'button', onclick: () => this.on.filterOff() }, 'Show all shots');
    const what = this.filter.show === 'undecided' ? 'Nothing is left to decide here.' : `None of ${counted(all, 'shot')} fits.`;
    return el('div.nothing', {}, el('p', {}, what), clear);
  }

  /** Draw these shots anew in place. Those that come to fit the filter appear; none that is seen is taken away. */
  update(moved) {
    for (const address of moved) {
      const shot = this.desk.shots.get(address), row = this.#rows.get(address);
      if (!shot) continue;
      if (row) this.#replace(row, shot);
      else if (matches(shot, this.desk.head, this.filter, this.stage)) return this.draw();
    }
    return undefined;
  }

  #replace(row, shot) {
    const focused = row.contains(document.activeElement);
    const fresh = this.#row(shot, row);
    row.replaceWith(fresh);
    if (this.#here && !this.#here.isConnected) {
      const { address, id } = this.#here.dataset;
      this.#here = null;
      this.stand(address, id, { focus: focused, scroll: false });
    }
  }

  #row(shot, before = null) {
    const words = new Map(shot.words);
    const framing = shot.words.filter(([slot]) => FRAMING.has(slot)).map(([, text]) => text).join(' · ');
    const said = words.get('title') || [words.get('subject'), words.get('action')].filter(Boolean).join(' ')
      || words.get('prompt') || words.get('lead') || '';
    const open = undecided(shot, this.stage);
    const who = el('header.who', {},
      el('h3', {}, el('span.code', {}, shot.address.split('/')[1]), open ? el('span.open', { title: 'Not decided yet' }, 'undecided') : ''),
      framing ? el('p.framing', {}, framing) : '',
      said ? el('p.said', { title: said }, said) : '',
      shot.tags.length ? el('p.tags', {}, ...shot.tags.map((tag) => el('span', {}, tag))) : '',
      shot.state ? el('p.state', {}, shot.state) : '');
    const lines = tasksAt(shot, this.stage).map((task) => this.#task(shot, task, before));
    const none = shot.state === 'omitted' ? 'Omitted: keeps its number, is not rendered.'
      : this.stage ? `Skips ${this.stage}.` : 'Has no stages.';
    const row = el('article.shot', { 'data-shot': shot.address, 'aria-label': shot.address }, who,
      el('div.lines', {}, ...(lines.length ? lines : [el('p.none', {}, none)])));
    row.classList.toggle('undecided', open);
    this.#rows.set(shot.address, row);
    return row;
  }

  #task(shot, task, before) {
    const kept = before && new Map($$(`.take[data-address="${CSS.escape(task.address)}"]`, before).map((one) => [one.dataset.id, one]));
    const takes = [];
    let version = null;
    for (const take of task.takes) {
      if (version !== null && take.version !== version) takes.push(el('span.versions', { title: `Version ${take.version}` }, `v${take.version}`));
      version = take.version;
      takes.push(this.#take(task, take, kept && kept.get(idOf(take))));
    }
    for (const number of task.coming) takes.push(coming(task, number));
    const label = [this.stage ? '' : task.stage, task.variant].filter(Boolean).join(' · ');
    const state = stateOf(task);
    const line = el('div.task', { 'data-address': task.address },
      label || state || task.more ? el('p.task-line', {}, label ? el('span.stage-name', {}, label) : '', state, moreOf(task)) : '',
      el('div.takes', {}, ...takes));
    if (!takes.length && !state) line.append(el('p.none', {}, 'No take yet.'));
    return line;
  }

  #take(task, take, kept) {
    const told = JSON.stringify(take);
    if (kept && kept.told === told) return kept;
    const id = idOf(take);
    const shown = JSON.stringify(take.pictures);
    const old = kept && kept.shown === shown && $('.pictures', kept); // not loaded again for a mark
    const pictures = old || el('span.pictures', {}, ...take.pictures.map((picture) => thumb(picture, '')));
    pictures.classList.toggle('several', take.pictures.length > 1);
    const button = el('button.frame', {
      type: 'button', tabIndex: -1, 'aria-label': `${task.address.split('@')[0]}, ${spoken(task, take)}`, 'data-address': task.address,
      'data-id': id,
    }, pictures, take.new ? el('span.new', {}, 'new') : '', take.stale ? el('span.stale', {}, 'stale pick') : '');
    const figure = el('figure.take', { 'data-address': task.address, 'data-id': id }, button, el('figcaption', {},
      el('button.no', { type: 'button', tabIndex: -1, 'data-verb': 'pick', title: 'Pick (P)', 'aria-label': `Pick take ${take.number}` }, String(take.number)),
      take.stars ? el('span.stars', { title: counted(take.stars, 'star') }, stars(take.stars)) : '',
      notesOf(take).length ? el('span.has-note', { title: notesOf(take).map((note) => note.text).join('\n') }, notesOf(take)[0].text) : '',
      take.short ? el('span.short', {}, take.short) : '',
      el('button.out', { type: 'button', tabIndex: -1, 'data-verb': 'reject', title: 'Reject (X)', 'aria-label': `Reject take ${take.number}` }, '×')));
    Object.assign(figure, { told, shown });
    for (const name of ['pick', 'alternate', 'reject']) figure.classList.toggle(name, take.mark === name);
    figure.classList.toggle('older', !take.current);
    figure.classList.toggle('rule', Boolean(take.rule));
    figure.classList.toggle('was-picked', Boolean(take.stale));
    return figure;
  }

  /** Stand on a take: it is outlined, focused and in view. Gives whether it is drawn. */
  stand(address, id, { focus = true, scroll = true } = {}) {
    const frame = $(`.frame[data-address="${CSS.escape(address)}"][data-id="${CSS.escape(id)}"]`, this.root);
    if (!frame) return false;
    if (this.#here) { this.#here.tabIndex = -1; this.#here.closest('.take').classList.remove('here'); }
    this.#here = frame;
    frame.tabIndex = 0;
    frame.closest('.take').classList.add('here');
    if (focus) frame.focus({ preventScroll: true });
    if (scroll) this.#reveal(frame);
    return true;
  }

  /** Bring the whole shot into view where it fits, else the take: its words belong to it. */
  #reveal(frame) {
    const row = frame.closest('.shot');
    const whole = row.offsetHeight < this.root.clientHeight * 0.8;
    (whole ? row : frame.closest('.take')).scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  /** Every take that is drawn, row by row: [{shot, takes: [{address, id}]}]. */
  rows() {
    return [...this.#rows.entries()].filter(([, row]) => row.isConnected).map(([shot, row]) => ({
      shot, takes: $$('.frame', row).map((frame) => ({ address: frame.dataset.address, id: frame.dataset.id })),
    })).filter((row) => row.takes.length);
  }

  /** How many shots are drawn. */
  get count() { return $$('.shot', this.root).length; }

  #clicked(event) {
    const figure = event.target.closest('.take'), verb = event.target.closest('[data-verb]');
    if (!figure) return;
    const { address, id } = figure.dataset;
    this.on.stand(address, id);
    if (verb) this.on.mark(verb.dataset.verb);
    else if (event.target.closest('.frame')) this.on.look(address, id);
  }

  #focused(event) {
    const frame = event.target.closest('.frame');
    if (frame && frame !== this.#here) this.on.stand(frame.dataset.address, frame.dataset.id);
  }
}

function stateOf(task) {
  if (!task.state || (task.state === 'waiting' && task.takes.length)) return '';
  return el('span.state', { className: `state ${task.state}`, title: task.reason }, STATES[task.state] || task.state,
    task.reason ? el('span.reason', {}, task.reason.replace(new RegExp(`^${task.state}: `), '')) : '');
}

function moreOf(task) {
  if (!task.more) return '';
  const price = task.picture_usd === null || task.picture_usd === undefined ? '' : `, next render ${dollars(task.new_usd)}`;
  return el('span.asked', {}, `${counted(task.more, 'more take')} asked for${price}`);
}

function coming(task, number) {
  const ratio = /^(\d+):(\d+)$/.exec(task.aspect_ratio) || [0, 16, 9];
  const box = el('span.coming', {}, el('span', {}, `take ${number} is on its way`));
  box.style.aspectRatio = `${ratio[1]} / ${ratio[2]}`;
  return box;
}
