// The loupe and its relatives: one picture, two or four side by side, one wiped over another; one lens for all.
import { $, $$, el, stars, thumb } from './dom.js';
import { paneAt, useHands } from './hands.js';
import { drawInfo } from './info.js';
import { findTake, findTask, idOf, nameOf, notesOf, shotOf, spoken, standing, tasksAt } from './model.js';
import { Layer, Lens, warm } from './picture.js';

const MODES = { loupe: 1, two: 2, four: 4, wipe: 2 };
const WORDS = { loupe: 'Loupe', two: 'Compare two', four: 'Compare four', wipe: 'Wipe' };

export class Viewer {
  constructor(root, desk, on) {
    this.root = root;
    this.desk = desk;
    this.on = on; // {close(), stand(address, id), mark(verb), command(name), neighbour(step)}
    this.open = false;
    this.mode = 'loupe';
    this.shown = []; // what stands in the panes: [{address, id}]
    this.active = 0;
    this.other = null; // what Tab flips to
    this.panel = 0;
    this.wipe = 0.5;
    this.lens = new Lens();
    this.layers = [];
    this.#build();
    new ResizeObserver(() => this.open && this.place()).observe(this.stage);
  }

  #build() {
    const button = (name, words, key) => el('button', {
      type: 'button', 'data-command': name, title: `${words} (${key})`, onclick: () => this.on.command(name),
    }, words);
    this.code = el('h2.code', {});
    this.mark = el('p.mark', { role: 'status' });
    this.stagesBar = el('div.segments.stages', { role: 'group', 'aria-label': 'Stage' });
    const modes = el('div.segments.modes', { role: 'group', 'aria-label': 'View' },
      ...[['loupe', 'Loupe', 'Enter'], ['two', 'Two', 'C'], ['four', 'Four', 'C again'], ['wipe', 'Wipe', 'W']].map(([name, words, key]) => button(name, words, key)));
    this.top = el('header.viewer-top', {}, button('grid', 'Grid', 'G'), this.code, this.mark, this.stagesBar, modes, button('flip', 'Flip', 'Tab'), button('pixels', '100 %', 'Z'));
    this.stage = el('div.panes', { tabIndex: 0, role: 'group', 'aria-label': 'Picture' });
    this.info = el('aside.info', { 'aria-label': 'About this take', tabIndex: 0 });
    this.strip = el('nav.strip', { 'aria-label': 'Takes and neighbours' });
    this.acts = el('div.acts', { role: 'toolbar', 'aria-label': 'Decide' },
      button('pick', 'Pick', 'P'), button('reject', 'Reject', 'X'), button('clear', 'Clear', 'U'),
      el('span.star-row', { role: 'group', 'aria-label': 'Stars' }, ...[1, 2, 3, 4, 5].map((count) => el('button', {
        type: 'button', 'data-stars': count, 'aria-label': count === 1 ? '1 star' : `${count} stars`, title: `${count} (${count})`,
        onclick: () => this.on.command(`stars${this.take && this.take.stars === count ? 0 : count}`),
      }, '★'))),
      button('note', 'Note', 'N'), button('more', 'More', 'M'));
    for (const bar of [this.top, this.acts, this.strip]) bar.addEventListener('click', (event) => event.detail && this.open && this.stage.focus({ preventScroll: true }));
    this.root.append(this.top, this.stage, this.info, this.strip, this.acts);
    useHands(this);
  }

  // What is shown --------------------------------------------------------------------------------------------------

  get current() { return this.shown[this.active]; }
  get shot() { return this.current && this.desk.shots.get(shotOf(this.current.address)); }
  get task() { return this.current && findTask(this.shot, this.current.address); }
  get take() { return this.current && findTake(this.task, this.current.id); }

  /** Every take beside the current one, as the grid has them: its stage, variants in order. */
  row(stage = this.task && this.task.stage) {
    return this.shot ? tasksAt(this.shot, stage).flatMap((task) => task.takes.map((take) => ({ address: task.address, id: idOf(take) }))) : [];
  }

  /** Open on a take; in the mode it was left in where `keep`. */
  look(address, id, mode = 'loupe') {
    this.open = true;
    this.root.hidden = false;
    this.shown = [{ address, id }];
    this.active = 0;
    this.other = null;
    this.panel = 0;
    this.setMode(mode);
    this.stage.focus({ preventScroll: true });
  }

  close() {
    this.open = false;
    this.root.hidden = true;
    this.lens.reset();
  }

  /** Change to one of the modes; the current take stays, others join it. */
  setMode(mode) {
    const here = this.current;
    this.mode = mode;
    this.shown = [here, ...this.#companions(here, MODES[mode] - 1)];
    if (mode === 'four') {
      const row = this.row();
      const key = (one) => row.findIndex((other) => same(one, other));
      this.shown.sort((a, b) => key(a) - key(b));
    }
    this.active = this.shown.findIndex((one) => same(one, here));
    this.draw();
  }

  /** Whom a take is compared with: what it was flipped with, the pick, then those that follow it. */
  #companions(here, count) {
    if (!count) return [];
    const row = this.row(), at = row.findIndex((one) => same(one, here));
    const pick = this.shot.tasks.filter((task) => task.stage === this.task.stage)
      .map((task) => { const take = standing(task); return take && take.mark === 'pick' ? { address: task.address, id: idOf(take) } : null; });
    const around = [...row.slice(at + 1), ...row.slice(0, at).reverse()];
    const before = this.#acrossStages(-1) || this.#acrossStages(1);
    const all = [this.other, ...pick, ...around, before].filter(Boolean).filter((one) => !same(one, here) && this.#there(one));
    const found = [];
    for (const one of all) if (!found.some((other) => same(one, other))) found.push(one);
    return found.slice(0, count);
  }

  #there(one) { return Boolean(findTake(findTask(this.desk.shots.get(shotOf(one.address)), one.address), one.id)); }

  #acrossStages(by) {
    const stages = this.desk.head.stages, task = this.task;
    for (let at = stages.indexOf(task.stage) + by; at >= 0 && at < stages.length; at += by) {
      const tasks = tasksAt(this.shot, stages[at]).filter((one) => one.takes.length);
      const next = tasks.find((one) => one.variant === task.variant) || tasks.find((one) => one.takes.some((take) => take.mark === 'pick')) || tasks[0];
      if (next) return { address: next.address, id: idOf(standing(next)) };
    }
    return null;
  }

  /** Show another take where the current one is. */
  go(one) {
    if (!one) return false;
    if (shotOf(one.address) !== shotOf(this.current.address)) {
      this.shown = [one];
      this.active = 0;
      this.other = null;
      this.panel = 0;
      this.setMode(this.mode);
    } else {
      if (this.mode === 'loupe' && !same(one, this.current)) this.other = this.current;
      this.shown[this.active] = one;
      this.draw();
    }
    return true;
  }

  step(by) {
    const row = this.row(), at = row.findIndex((one) => same(one, this.current));
    const taken = (one) => this.mode !== 'loupe' && this.shown.some((other, place) => place !== this.active && same(one, other));
    let next = at + by;
    while (row[next] && taken(row[next])) next += by;
    return this.go(row[next]);
  }

  stepStage(by) { return this.go(this.#acrossStages(by)); }

  stepPanel(by) {
    const panels = this.take.pictures.length;
    this.panel = Math.min(panels - 1, Math.max(0, this.panel + by));
    this.draw();
  }

  /** Flip to the other take, or to the next pane. */
  flip(by = 1) {
    if (this.mode === 'loupe') {
      const other = this.other && this.#there(this.other) ? this.other : this.#companions(this.current, 1)[0];
      if (!other) return;
      this.other = this.current;
      this.shown = [other];
    } else if (this.mode === 'wipe') this.shown.reverse();
    else this.active = (this.active + by + this.shown.length) % this.shown.length;
    this.draw();
  }

  moveWipe(by) {
    this.wipe = Math.min(1, Math.max(0, this.wipe + by));
    this.place();
  }

  /** 100 % of the current picture's pixels, or fit. All panes follow. */
  pixels(px, py) {
    const layer = this.layers[this.mode === 'wipe' ? 0 : this.active];
    if (!layer || !layer.box) return;
    const at100 = Math.abs(this.lens.zoom - layer.pixelZoom) < 0.001;
    if (at100 || (layer.pixelZoom <= 1 && !this.lens.fits)) this.lens.reset();
    else if (layer.pixelZoom <= 1) this.lens.to(2, layer, px ?? layer.box.width / 2, py ?? layer.box.height / 2);
    else this.lens.to(layer.pixelZoom, layer, px ?? layer.box.width / 2, py ?? layer.box.height / 2);
    this.place();
  }

  zoomBy(factor) {
    const layer = this.layers[this.mode === 'wipe' ? 0 : this.active];
    if (layer && layer.box) this.lens.to(this.lens.zoom * factor, layer, layer.box.width / 2, layer.box.height / 2);
    this.place();
  }

  // Drawing --------------------------------------------------------------------------------------------------------

  /** Draw anew after something of the shown shot changed. Gives false when nothing is left to show. */
  refresh(moved) {
    if (!this.open) return true;
    const shown = this.shown.filter((one) => this.#there(one));
    if (!shown.length) return false;
    if (shown.length < this.shown.length) {
      this.active = Math.min(this.active, shown.length - 1);
      this.shown = shown;
    }
    if (!moved || moved.has(this.shot.address) || this.#neighbours().some((one) => one && moved.has(one))) this.draw();
    return true;
  }

  draw() {
    const { shot, task, take } = this;
    if (!take) return;
    this.root.dataset.mode = this.mode;
    this.code.textContent = nameOf(task, take);
    this.mark.replaceChildren(...markWords(task, take));
    this.root.dataset.mark = take.mark || '';
    this.#drawPanes();
    this.#drawStages();
    for (const button of $$('[data-command]', this.top)) {
      if (button.dataset.command in MODES) button.setAttribute('aria-pressed', String(button.dataset.command === this.mode));
    }
    for (const button of $$('[data-stars]', this.acts)) button.classList.toggle('on', Number(button.dataset.stars) <= (take.stars || 0));
    for (const [verb, mark] of [['pick', 'pick'], ['reject', 'reject']]) {
      $(`[data-command=${verb}]`, this.acts).setAttribute('aria-pressed', String(take.mark === mark));
    }
    drawInfo(this.info, this.desk, shot, task, take);
    this.#drawStrip();
    this.on.stand(task.address, idOf(take));
    const row = this.row(), at = row.findIndex((one) => same(one, this.current));
    for (const one of [row[at + 1], row[at - 1]]) if (one) warm(pictureOf(findTake(findTask(shot, one.address), one.id), this.panel));
  }

  #drawPanes() {
    const panes = this.mode === 'wipe' ? 1 : this.shown.length;
    if (this.layers.length !== this.shown.length || $$('.pane', this.stage).length !== panes) {
      this.layers = this.shown.map(() => new Layer());
      const nodes = this.mode === 'wipe'
        ? [el('div.pane.wiped', { 'data-pane': 0 }, ...[...this.layers].reverse().map((layer) => layer.node), el('span.wipe-line', {}), el('p.pane-label', {}), el('p.pane-label.right', {}))]
        : this.layers.map((layer, place) => el('div.pane', { 'data-pane': place }, layer.node, el('p.pane-label', {})));
      this.stage.replaceChildren(...nodes);
    }
    const several = this.shown.length > 1;
    this.shown.forEach((one, place) => {
      const task = findTask(this.desk.shots.get(shotOf(one.address)), one.address), take = findTake(task, one.id);
      const picture = pictureOf(take, this.panel);
      this.layers[place].show(picture, `${task.address.split('@')[0]}, ${spoken(task, take)}`, notesOf(take));
      const pane = this.layers[place].node.closest('.pane');
      if (this.mode !== 'wipe') {
        pane.classList.toggle('active', several && place === this.active);
        for (const mark of ['pick', 'alternate', 'reject']) pane.classList.toggle(mark, take.mark === mark);
      }
      const label = $$('.pane-label', pane)[this.mode === 'wipe' ? place : 0];
      label.hidden = !several && take.pictures.length < 2;
      label.replaceChildren(el('b', {}, `${task.stage} ${take.number}`), take.current ? '' : ` v${take.version}`,
        take.pictures.length > 1 ? ` panel ${Math.min(this.panel, take.pictures.length - 1) + 1} of ${take.pictures.length}` : '',
        take.mark ? ` ${take.mark}` : '', take.stars ? ` ${stars(take.stars)}` : '');
    });
    this.stage.dataset.count = panes;
    this.stage.setAttribute('aria-label', `${WORDS[this.mode]}: ${nameOf(this.task, this.take)}, ${spoken(this.task, this.take)}`);
    this.place();
  }

  /** Lay every picture out under the lens. */
  place() {
    this.layers.forEach((layer, place) => {
      const pane = layer.node.closest('.pane');
      if (!pane) return;
      layer.place(this.lens, { width: pane.clientWidth, height: pane.clientHeight });
      const edge = this.wipe * pane.clientWidth;
      layer.node.style.clipPath = this.mode === 'wipe' && place === 0 ? `inset(0 ${pane.clientWidth - edge}px 0 0)` : '';
    });
    const line = $('.wipe-line', this.stage);
    if (line) line.style.left = `${this.wipe * 100}%`;
    $('[data-command=pixels]', this.top).setAttribute('aria-pressed', String(!this.lens.fits));
    this.stage.classList.toggle('zoomed', !this.lens.fits);
  }

  #drawStages() {
    const there = new Set(this.shot.tasks.filter((task) => task.takes.length).map((task) => task.stage));
    this.stagesBar.replaceChildren(...this.desk.head.stages.filter((stage) => there.has(stage)).map((stage) => el('button', {
      type: 'button', 'aria-pressed': String(stage === this.task.stage), title: 'Another stage ([ and ])',
      onclick: () => { const task = tasksAt(this.shot, stage).find((one) => one.takes.length); this.go({ address: task.address, id: idOf(standing(task)) }); },
    }, stage)));
  }

  #neighbours() { return this.shot ? [-1, 1].map((by) => this.on.neighbour(by)) : []; }

  #drawStrip() {
    const [before, after] = this.#neighbours();
    let variant = '';
    const chosen = this.row().map((one) => {
      const task = findTask(this.shot, one.address), take = findTake(task, one.id);
      const label = task.variant === variant ? '' : `${task.variant} `; // said once, at its first take
      variant = task.variant;
      const active = same(one, this.current);
      const button = el('button.small', {
        type: 'button', 'aria-label': spoken(task, take), 'aria-current': active ? 'true' : null, onclick: () => this.go(one),
      }, thumb(take.pictures[Math.min(this.panel, take.pictures.length - 1)], '', false), el('span', {}, el('span.number', {}, `${label}${take.current ? '' : `v${take.version} `}${take.number}`), take.stars ? ` ${stars(take.stars)}` : ''));
      for (const mark of ['pick', 'alternate', 'reject']) button.classList.toggle(mark, take.mark === mark);
      return button;
    });
    this.strip.replaceChildren(this.#neighbour(before, 'Before'), el('div.row', {}, ...chosen), this.#neighbour(after, 'After'));
    const current = $('[aria-current]', this.strip);
    if (current) current.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  /** The pick of the shot before or after, for continuity. */
  #neighbour(address, word) {
    const shot = address && this.desk.shots.get(address);
    const task = shot && (tasksAt(shot, this.task.stage).find((one) => one.takes.some((take) => take.mark === 'pick')) || tasksAt(shot, this.task.stage).find((one) => one.takes.length));
    const take = standing(task);
    if (!take) return el('span.neighbour.none', {}, word === 'Before' ? 'First shot' : 'Last shot');
    const state = take.mark === 'pick' ? 'picked' : take.rule ? `rule ${take.rule}` : 'undecided';
    return el('button.small.neighbour', { type: 'button', 'aria-label': `${word}: ${address}, ${state}`, onclick: () => this.go({ address: task.address, id: idOf(take) }) },
      thumb(take.pictures[0], '', false), el('span', {}, word === 'Before' ? `‹ ${address.split('/')[1]}, ${state}` : `${address.split('/')[1]}, ${state} ›`));
  }

  /** The next click on the picture sets a pin: the promise gives where, or null when another thing was done. */
  askPin() {
    if (this.placing) this.placing(null);
    this.stage.classList.add('placing');
    return new Promise((answer) => {
      this.placing = (pin) => { this.placing = null; this.stage.classList.remove('placing'); answer(pin); };
    });
  }

  /** Set the pin where the pointer is. */
  placePin(event) {
    const at = paneAt(this.stage, event);
    this.placing(this.layers[this.mode === 'wipe' ? 0 : Number(at.pane.dataset.pane)].under(at.x, at.y));
  }
}

const same = (a, b) => Boolean(a && b) && a.address === b.address && a.id === b.id;
const pictureOf = (take, panel) => take.pictures[Math.min(panel, take.pictures.length - 1)];

function markWords(task, take) {
  const words = { pick: 'Picked', alternate: 'Alternate', reject: 'Rejected' };
  const found = [];
  if (take.mark) found.push(el('span', { className: take.mark }, words[take.mark]));
  else if (take.rule) found.push(el('span.rule', {}, `Goes on by the rule ${take.rule}`));
  if (take.stale) found.push(el('span.stale', {}, 'Picked in an older version'));
  if (take.stars) found.push(el('span.stars', {}, stars(take.stars)));
  if (take.short) found.push(el('span.short', {}, take.short));
  return found;
}
